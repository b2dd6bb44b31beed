package vendored

var = 1
