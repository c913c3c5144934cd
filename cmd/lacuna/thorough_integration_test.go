//go:build integration

package main

const thorough = true
