package source_test

import (
	"strings"
	"testing"

	"lacuna/internal/source"
)

func TestFailure(t *testing.T) {
	for body, want := range map[string]string{
		`{"success":false,"error":"monthly quota exceeded","data":[]}`: "monthly quota exceeded",
		`{"success":false,"message":"quota","data":[]}`:                "quota",
		`{"Success":"False","data":[]}`:                                "success: false",
		`{"ok":false}`:                                                 "ok: false",
		`{"error":true,"data":[]}`:                                     "error: true",
		`{"errors":[{"code":7}],"data":[]}`:                            "errors",
		`{"status":"ERROR","detail":"down","data":[]}`:                 "down",
		`{"error":{"message":"no such key"}}`:                          "no such key",
		`{"success":true,"ok":true,"error":null,"errors":[],"status":"ok","message":"OK","data":[]}`: "",
		`{"error":false,"errors":{},"data":[]}`:                                                      "",
		`{"error":"","errors":null,"status":200,"data":[]}`:                                          "",
		`{"error":{},"data":[]}`:                                                                     "",
		`{"error":{},"message":"OK","data":[]}`:                                                      "",
		`{"error":{"code":0,"message":""},"data":[]}`:                                                "",
		`{"error":{"Code":"0","details":[]},"data":[]}`:                                              "",
		`{"errors":{"count":0},"data":[]}`:                                                           "",
		`{"errors":{"rows":[],"text":""},"data":[]}`:                                                 "",
		`{"errors":0,"data":[]}`:                                                                     "",
		`{"success":true,"error":"none","data":[]}`:                                                  "",
		`{"ok":"true","errors":["none"],"data":[]}`:                                                  "",
		`{"success":true,"ok":false,"data":[]}`:                                                      "ok: false",
		`{"success":true,"ok":false,"error":"x","data":[]}`:                                          "x",
		`{"error":{"code":7},"data":[]}`:                                                             "an error without words",
		`{"error":{"code":"E7","message":""},"data":[]}`:                                             "an error without words",
		`{"error":{"info":"quota"},"data":[]}`:                                                       "an error without words",
		`{"error":{"why":{"text":"quota"}},"data":[]}`:                                               "an error without words",
		`{"error":{"message":"quota"},"data":[]}`:                                                    "quota",
		`{"error":{}}`:                               "an error without words",
		`{"errors":"quota","data":[]}`:               "errors",
		`{"errors":{"rate":["too fast"]},"data":[]}`: "errors",
		`{"errors":{"text":"quota"},"data":[]}`:      "errors",
		`[]`:                                         "", `{}`: "", `{"success":`: "", `"success: false"`: "",
		`{"success":false,"x":"` + strings.Repeat("x", 64<<10) + `"}`: "",
	} {
		if got := (source.Response{Body: []byte(body)}).Failure(); got != want {
			t.Errorf("%.80s: %q, want %q", body, got, want)
		}
	}
}
