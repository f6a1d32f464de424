module {{package}}

go 1.24.0

require github.com/esteira/esteira/sdk/go v{{version}}
{{sdk}}
