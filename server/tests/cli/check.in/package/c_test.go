package probe

func verdict() {}
