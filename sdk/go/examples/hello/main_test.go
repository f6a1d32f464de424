package main

func Example() {
	main()
	// Output:
	// job SUCCEEDED
	//   greet[] SUCCEEDED after 1 attempts
	//   again[] SUCCEEDED after 1 attempts
	// "hello, hello, world"
}
