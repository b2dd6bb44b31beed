package main

var x int // no final newline