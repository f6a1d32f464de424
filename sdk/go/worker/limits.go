package worker

import (
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"github.com/esteira/esteira/sdk/go/internal/wire"
	"github.com/esteira/esteira/sdk/go/model"
)

const (
	// Left free in every message for what frames the part that was measured: ids, and the functions of a lease request.
	messageSlackBytes = 64 << 10
	waitMax           = 30 * time.Second
	waitDefault       = 20 * time.Second
	batchMax          = 100
	appendItemsMax    = 1_000
	functionsMax      = 500
	requestIDBytesMax = 128
	leaseTTLMin       = time.Second
	leaseTTLMax       = 15 * time.Minute
)

// limits are those that the coordinator announced, or those of the contract where it did not.
type limits struct {
	// messageBytes of the measured part of a message.
	messageBytes   int
	payloadBytes   int
	appendItems    int
	fanOutItems    int
	leasesPerCall  int
	reportsPerCall int
	wait           time.Duration
}

func limitsIn(announced *esteirav1.Limits) limits {
	or := func(value int32, otherwise int) int {
		if value > 0 {
			return int(value)
		}
		return otherwise
	}
	read := limits{
		messageBytes:   or(announced.GetMaxMessageBytes(), transport.MessageBytesMax) - messageSlackBytes,
		payloadBytes:   or(announced.GetMaxInlinePayloadBytes(), model.PayloadBytesMax),
		appendItems:    or(announced.GetMaxOutputsPerAppend(), appendItemsMax),
		fanOutItems:    or(announced.GetMaxFanOutItems(), model.FanOutItemsMax),
		leasesPerCall:  or(announced.GetMaxLeasesPerCall(), batchMax),
		reportsPerCall: or(announced.GetMaxReportsPerCall(), batchMax),
		wait:           waitMax,
	}
	if wait, given := wire.DurationIn(announced.GetMaxWait()); given && wait > 0 {
		read.wait = wait
	}
	return read
}
