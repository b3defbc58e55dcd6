package main

func handmade() []question { return nil }
