// Package esteira is the esteira SDK for Go: write functions, compose them into plans, run both embedded or distributed.
//
//	model        functions, aggregates, plans, the embedded runner, traces   standard library only
//	expr         conditions, policies and templates for the embedded runner  cel-go
//	esteiratest  runs a function in a test, with no server                   standard library only
//	client       calls the coordinator                                       grpc
//	worker       serves functions to the coordinator                         grpc
//
// This package itself holds nothing: import the parts. Read README.md, then package model.
package esteira
