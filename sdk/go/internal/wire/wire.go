// Package wire converts between values of the model and messages of the contract.
package wire

import (
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/types/known/durationpb"
)

// PayloadIn is a payload as it came over the wire.
func PayloadIn(message *esteirav1.Payload) model.Payload {
	var payload model.Payload
	switch body := message.GetBody().(type) {
	case *esteirav1.Payload_Json:
		payload = model.JSON(body.Json)
	case *esteirav1.Payload_Binary:
		payload = model.Binary(body.Binary)
	}
	payload.ContentType, payload.Schema = message.GetContentType(), message.GetSchema()
	return payload
}

// PayloadOut is a payload as it goes over the wire; the digest is the coordinator's business.
func PayloadOut(payload model.Payload) *esteirav1.Payload {
	message := &esteirav1.Payload{ContentType: payload.ContentType, Schema: payload.Schema}
	switch payload.Kind() {
	case model.JSONData:
		text, _ := payload.JSON()
		message.Body = &esteirav1.Payload_Json{Json: text}
	case model.BinaryData:
		message.Body = &esteirav1.Payload_Binary{Binary: payload.Bytes()}
	}
	return message
}

// PayloadsOut is a list of payloads as it goes over the wire.
func PayloadsOut(payloads []model.Payload) []*esteirav1.Payload {
	messages := make([]*esteirav1.Payload, len(payloads))
	for i, payload := range payloads {
		messages[i] = PayloadOut(payload)
	}
	return messages
}

// DurationIn is a duration as it came over the wire; false when it is absent, negative or out of range.
func DurationIn(message *durationpb.Duration) (time.Duration, bool) {
	if message.CheckValid() != nil || message.AsDuration() < 0 {
		return 0, false
	}
	return message.AsDuration(), true
}
