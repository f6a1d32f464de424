package model

import "time"

// Limits of the contract that matter before anything is sent.
const (
	// PayloadBytesMax is the largest body of one payload.
	PayloadBytesMax = 1 << 20
	// FanOutItemsMax is the most items that one task may fan out into.
	FanOutItemsMax = 100_000
	// JSONDepthMax is the deepest nesting of JSON that is accepted.
	JSONDepthMax = 64
	// ConditionBytesMax is the longest condition.
	ConditionBytesMax = 2 << 10
	// FailureMessageBytesMax is the longest failure message that is kept.
	FailureMessageBytesMax = 4 << 10
	// FailureStackBytesMax is the longest stack trace that is kept.
	FailureStackBytesMax = 16 << 10

	fanOutTasksMax      = 250_000
	planBytesMax        = 1 << 20
	planStepsMax        = 500
	stepNextMax         = 100
	subPlanDepthMax     = 8
	codeBytesMax        = 64
	nameBytesMax        = 63
	attemptsDefault     = 3
	attemptsMax         = 100
	displayNameCharsMax = 256
	versionCharsMax     = 64
	policiesMax         = 100
	codesMax            = 100
	maxInFlightMax      = 1_000_000
	planVersionMax      = 1<<31 - 1
	day                 = 24 * time.Hour
	waitMin             = time.Millisecond
	waitMax             = 31 * day
	backoffMax          = day
	leaseTTLMin         = time.Second
	leaseTTLMax         = 15 * time.Minute
)
