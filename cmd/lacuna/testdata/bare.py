"""What people write in the place of lacuna: all days by one request, into SQLite.

It does what a fresh run of lacuna does and no more: asks, reads decimals as decimals,
checks each value, and the change from the day before, and stores a row a day. It does not
know which days there should be, what is there already, or what to do when anything fails.

    python3 bare.py ptax|ecb DATABASE [ROWS]

ROWS are those of a commit; without it there is one, and who is killed has nothing. Pipelines
that began on DynamoDB write 25 at once, which is how many it takes.

The publishers' addresses are LACUNA_BCB_PTAX_URL and LACUNA_ECB_URL.
"""
import csv, io, itertools, json, os, sqlite3, sys, urllib.parse, urllib.request
from datetime import datetime, timezone
from decimal import Decimal

FROM, TO = "2008-01-01", "2026-06-30"
CODES = ("USD JPY BGN CZK DKK GBP HUF PLN RON SEK CHF ISK NOK TRY AUD BRL CAD CNY HKD IDR "
         "ILS INR KRW MXN MYR NZD PHP SGD THB ZAR").split()


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def ptax():
    day = lambda text: datetime.fromisoformat(text).strftime("%m-%d-%Y")
    path = (f"/CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
            f"?@moeda='USD'&@dataInicial='{day(FROM)}'&@dataFinalCotacao='{day(TO)}'&$format=json&$filter="
            + urllib.parse.quote("tipoBoletim eq 'Fechamento'"))
    body = json.loads(get(os.environ["LACUNA_BCB_PTAX_URL"] + path), parse_float=Decimal, parse_int=Decimal)
    for row in body["value"]:
        yield "CURRENCY#USD", row["dataHoraCotacao"][:10], {"buy": row["cotacaoCompra"], "sell": row["cotacaoVenda"]}


def ecb():
    path = f"/EXR/D.{'+'.join(CODES)}.EUR.SP00.A?startPeriod={FROM}&endPeriod={TO}&format=csvdata&detail=dataonly"
    for row in csv.DictReader(io.StringIO(get(os.environ["LACUNA_ECB_URL"] + path))):
        if row["OBS_VALUE"]:
            yield "ECB#" + row["CURRENCY"], row["TIME_PERIOD"], {"value": Decimal(row["OBS_VALUE"])}


def checked(rows, source):
    now = datetime.now(timezone.utc).isoformat()
    before = {}
    for key, day, fields in rows:
        for name, value in fields.items():
            last = before.get((key, name))
            good = value > 0 and (last is None or abs(value - last) <= last * 15 / 100)
            before[key, name] = value
        if "sell" in fields and fields["sell"] < fields["buy"]:
            good = False
        text = "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"
        yield key, day, "observed" if good else "incomplete", text, source, now


def main(what, path, size=None):
    db = sqlite3.connect(path)
    db.execute("""CREATE TABLE IF NOT EXISTS rows(info_type TEXT, date TEXT, status TEXT, fields TEXT, source TEXT,
        fetched_at TEXT, PRIMARY KEY (info_type, date)) WITHOUT ROWID""")
    rows = checked({"ptax": ptax, "ecb": ecb}[what](), what)
    batches = iter(lambda: list(itertools.islice(rows, int(size))), []) if size else [rows]
    for batch in batches:
        with db:
            db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)", batch)
    print(db.execute("SELECT count(*) FROM rows").fetchone()[0])


main(*sys.argv[1:])
