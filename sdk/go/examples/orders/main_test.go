package main

func Example() {
	main()
	// Output:
	// job SUCCEEDED
	//   reserve[] SUCCEEDED after 1 attempts
	//   split[] SUCCEEDED after 1 attempts
	//   pick[0] SUCCEEDED after 1 attempts
	//   pick[1] SUCCEEDED after 1 attempts
	//   pack[] SUCCEEDED after 1 attempts
	// result   ["2 x tea","4 x cup"]
	// messages 2
	// document {"name":"order.fulfil","steps":[{"step_key":"reserve","function":"order.reserve","config":{"quantity_max":10},"next":[{"step_key":"split"}]},{"step_key":"split","function":"order.split","output":"multiple","next":[{"step_key":"pick"}]},{"step_key":"pick","function":"line.pick","next":[{"step_key":"pack"}]},{"step_key":"pack","function":"order.pack","join":"all"}]}
}
