// Package model is what a function author and a plan author see. It needs the standard library alone: no
// transport, no database, no third-party package (a test of this package holds it to that).
//
// A function receives an input and a [Context], does exactly one thing, and says what it produced or why it
// failed. The worker, the embedded [Runner] and the test harness all run it through the same [Function]
// interface.
//
//	hello := model.Func("hello", func(cx *model.Context, name string) (string, error) {
//		cx.Emit("greeted", "", model.JSON(`{}`))
//		return "hello, " + name, nil
//	})
//
// Read in this order: [Function] and [Func], [Context], [Error], [PlanBuilder], [Runner], [Trace].
//
// Conditions, policies and the $cel operator of templates are expressions. Their language is behind the port
// [Evaluator]; package expr of this module supplies CEL, as the coordinator has it.
package model
