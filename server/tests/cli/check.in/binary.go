package main

ELFÿ
