package main

func g() int { return 1 }
