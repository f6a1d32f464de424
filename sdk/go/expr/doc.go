// Package expr supplies the language of conditions, policies and the $cel operator of templates: CEL, on the library
// cel-go, as the coordinator has it.
//
// What of CEL is not there, and is refused when an expression is checked: messages (Type{field: 1}) and enums, the
// optional syntax (a.?b), names with a leading dot, names in backticks, the extension libraries (strings, math, lists,
// encoders, two-variable macros, cel.bind), and static types: operands are checked when they meet. Integers of JSON are
// int (64 bits, signed), never uint; what does not fit, or is written with a point or an exponent, is double.
//
// It is a package of its own because it needs cel-go and what that needs: a program that runs no plan embedded, such as
// a worker, does not import it and does not compile cel-go in.
package expr
