package model

import (
	"fmt"
	"time"
)

// OutputType says what a function, or a step, produces.
type OutputType string

const (
	// Single is one payload.
	Single OutputType = "single"
	// Multiple is any number of payloads: one task an item in the next steps.
	Multiple OutputType = "multiple"
	// None is nothing: the next step receives this step's input.
	None OutputType = "none"
)

// Join says how a step treats what arrives.
type Join string

const (
	// JoinEach is one task for each arrival.
	JoinEach Join = "each"
	// JoinAll is one task a job, on the array of all that arrived, when everything that leads here has come to rest.
	JoinAll Join = "all"
)

// FailureKind says what a failure means for a retry.
type FailureKind string

const (
	// FailureRetryable may succeed in another attempt.
	FailureRetryable FailureKind = "RETRYABLE"
	// FailureNonRetryable cannot succeed with this input.
	FailureNonRetryable FailureKind = "NON_RETRYABLE"
	// FailureTimeout is an attempt that took longer than the step's execution time-out.
	FailureTimeout FailureKind = "TIMEOUT"
	// FailureCancelled is a job that was cancelled or terminated.
	FailureCancelled FailureKind = "CANCELLED"
	// FailureLeaseExpired is a worker that stopped sending heartbeats, too many times in a row.
	FailureLeaseExpired FailureKind = "LEASE_EXPIRED"
	// FailureProtocol is a broken rule of the contract.
	FailureProtocol FailureKind = "PROTOCOL"
)

// JobState says where a job stands.
type JobState string

// The states of a job; the last four are terminal.
const (
	JobPending    JobState = "PENDING"
	JobRunning    JobState = "RUNNING"
	JobPaused     JobState = "PAUSED"
	JobCancelling JobState = "CANCELLING"
	JobSucceeded  JobState = "SUCCEEDED"
	JobFailed     JobState = "FAILED"
	JobCancelled  JobState = "CANCELLED"
	JobTimedOut   JobState = "TIMED_OUT"
)

func (s JobState) isTerminal() bool {
	return s == JobSucceeded || s == JobFailed || s == JobCancelled || s == JobTimedOut
}

// TaskState says where a task stands.
type TaskState string

// The states of a task; the last four are terminal. SKIPPED is a task without anything to do: behind a fan-out of
// no items, or a join that can no longer fire.
const (
	TaskWaiting   TaskState = "WAITING"
	TaskReady     TaskState = "READY"
	TaskLeased    TaskState = "LEASED"
	TaskBackoff   TaskState = "BACKOFF"
	TaskSucceeded TaskState = "SUCCEEDED"
	TaskFailed    TaskState = "FAILED"
	TaskCancelled TaskState = "CANCELLED"
	TaskSkipped   TaskState = "SKIPPED"
)

// DataClass says what a job's data is for; it decides whether the data may be purged.
type DataClass string

// The data classes.
const (
	Production DataClass = "PRODUCTION"
	QA         DataClass = "QA"
	DevTest    DataClass = "DEVTEST"
)

// Actor is on whose behalf a job runs.
type Actor struct {
	// UserID is the operator: the authenticated principal.
	UserID string
	// AccountID is the operator's account.
	AccountID string
	// OnBehalfOf is whom the operator acts for, or "".
	OnBehalfOf string
}

// AggregateRef says which aggregate a task moves.
type AggregateRef struct {
	// Kind of aggregate, for example order.
	Kind string
	// ID is its identity within its kind.
	ID string
	// Version is the one that its own behaviours count.
	Version int64
}

// String is kind/id@version.
func (a AggregateRef) String() string { return fmt.Sprintf("%s/%s@%d", a.Kind, a.ID, a.Version) }

// Emit is a message that is committed to the outbox together with a completion.
type Emit struct {
	// Topic says where to.
	Topic string
	// Key orders: messages of one topic and key keep their order. "" is the aggregate, or the job.
	Key string
	// Payload is the message.
	Payload Payload
	// Headers are delivered with it.
	Headers map[string]string
}

// Verdict is what a policy said about an input or output.
type Verdict struct {
	// Policy is its name.
	Policy string
	// Version is its version.
	Version string
	// Passed says whether the rule held.
	Passed bool
	// Detail is for a person; it names "input" or "output N".
	Detail string
}

// Failure is why an attempt, a task or a job failed. Its texts may hold data and are treated like data.
type Failure struct {
	// Kind says what it means for a retry.
	Kind FailureKind
	// Code is a stable UPPER_SNAKE code; retry rules match it exactly.
	Code string
	// Message is for a person; at most 4 KiB.
	Message string
	// StackTrace is at most 16 KiB, or "".
	StackTrace string
	// RetryAfter is the least pause before the next attempt; nil when none is asked for.
	RetryAfter *time.Duration
	// Details say more, if the author gave them.
	Details Payload
	// Source says which part failed: a function, "worker", "engine", "coordinator".
	Source string
}

func engineFailure(kind FailureKind, code, message string) *Failure {
	return &Failure{Kind: kind, Code: code, Message: message, Source: "engine"}
}

// Usage is what an attempt used; 0 is not measured.
type Usage struct {
	// CPUTime of the function.
	CPUTime time.Duration
	// WallTime of the function.
	WallTime time.Duration
	// PeakRSSBytes is the peak resident memory of the worker's process.
	PeakRSSBytes int64
}
