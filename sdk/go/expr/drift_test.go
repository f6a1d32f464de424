package expr

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var rustCase = regexp.MustCompile(`\((r#".*?"#|"(?:[^"\\]|\\.)*"),\s*"(\w+)"\)`)

// The coordinator's table and this one are the same.
func TestTheTableIsTheCoordinators(t *testing.T) {
	source, err := os.ReadFile("../../../crates/expr/tests/conformance.rs")
	if err != nil {
		t.Fatal(err)
	}
	ours := map[conformanceCase]bool{}
	for _, cases := range conformanceCases {
		for _, c := range cases {
			ours[c] = true
		}
	}
	found := rustCase.FindAllStringSubmatch(string(source), -1)
	if len(found) < 200 {
		t.Fatalf("only %d cases were read", len(found))
	}
	for _, match := range found {
		text, isRaw := strings.CutPrefix(match[1], `r#"`)
		if isRaw {
			text = strings.TrimSuffix(text, `"#`)
		} else {
			text = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.Trim(text, `"`))
		}
		if c := (conformanceCase{text, match[2]}); !ours[c] {
			t.Errorf("not in this table: %q is %s", c.source, c.expected)
		}
	}
}
