package model

import "fmt"

// planExpressions are the expressions of a plan, compiled.
type planExpressions struct {
	shape     *planShape
	evaluator Evaluator
	rules     map[string]compiledPolicy
	templates []*template
	// conditions are nil for edges that are always taken; those of depends_on come after those of next.
	conditions [][]Expression
	read       map[int]bool
	issues     []Issue
}

func compileExpressions(plan *Plan, shape *planShape, evaluator Evaluator) *planExpressions {
	c := &planExpressions{
		shape: shape, evaluator: evaluator, rules: map[string]compiledPolicy{}, read: map[int]bool{},
		templates: make([]*template, len(plan.Steps)), conditions: make([][]Expression, len(plan.Steps)),
	}
	for index, policy := range plan.Policies {
		rule, err := evaluator.Compile(policy.Condition, policyVariables, true)
		if err != nil {
			c.bad(fmt.Sprintf("/policies/%d/condition", index), asExpressionError(err))
		}
		if _, taken := c.rules[policy.Name]; !taken {
			c.rules[policy.Name] = compiledPolicy{policy, rule}
		}
	}
	for index := range plan.Steps {
		step := &plan.Steps[index]
		if step.InputTemplateJSON != "" {
			c.template(index, step.InputTemplateJSON)
		}
		c.conditions[index] = make([]Expression, len(shape.edges[index]))
		for place, next := range step.Next {
			if next.Condition != "" {
				c.conditions[index][place] = c.condition(index, place, next.Condition)
			}
		}
	}
	return c
}

func (c *planExpressions) bad(path string, err *ExpressionError) {
	c.issues = append(c.issues, Issue{Path: path, Code: err.Code, Message: err.Message})
}

func (c *planExpressions) template(at int, source string) {
	path := fmt.Sprintf("/steps/%d/input", at)
	compiled, err := compileTemplate(source, c.evaluator)
	if err != nil {
		c.bad(path, err)
		return
	}
	references := referencesOf(compiled.paths)
	if references.output {
		c.bad(path, &ExpressionError{CodeExpressionInvalid, "a template builds the input: there is no `output` yet"})
		return
	}
	c.templates[at] = compiled
	c.resolve(references, path, at)
}

func (c *planExpressions) condition(at, place int, source string) Expression {
	path := fmt.Sprintf("/steps/%d/next/%d/condition", at, place)
	compiled, err := c.evaluator.Compile(source, conditionVariables, true)
	if err != nil {
		c.bad(path, asExpressionError(err))
		return nil
	}
	c.resolve(referencesOf(compiled.Paths()), path, at)
	return compiled
}

func (c *planExpressions) resolve(references references, path string, at int) {
	for _, key := range references.steps {
		of, found := c.shape.index[key]
		if !found {
			c.issues = append(c.issues, issueAt(path, "STEP_UNKNOWN", "there is no step `%s`", key))
			continue
		}
		if why := c.shape.unreadable(of, at); why != "" {
			c.issues = append(c.issues, issueAt(path, "STEP_NOT_READABLE", "`%s` %s", key, why))
			continue
		}
		c.read[of] = true
	}
}

func (c *planExpressions) policies(names []string) []compiledPolicy {
	var policies []compiledPolicy
	for _, name := range names {
		policies = append(policies, c.rules[name])
	}
	return policies
}
