package check

func broken( { // ERROR GB0101 "expected '\)'"
	x := 
} // ERROR GB0101 "expected operand"
