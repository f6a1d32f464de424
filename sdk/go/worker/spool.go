package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	spoolFormat    = "esteira.spool.v1"
	spoolSuffix    = ".report"
	spoolPatience  = 10 * time.Second
	spoolBytesMax  = 2 * transport.MessageBytesMax
	spoolCorrupted = ".corrupt"
)

// spool is the last resort: results that could not be delivered, one file each, in the format that every SDK has: a line
// of JSON, then the serialized ReportTasksRequest of that one task.
type spool struct {
	dir    string
	target string
	log    *slog.Logger
}

// spoolHeader is the first line of a file.
type spoolHeader struct {
	Format  string `json:"format"`
	SHA256  string `json:"sha256"`
	Bytes   int    `json:"bytes"`
	Target  string `json:"target"`
	Created string `json:"created"`
}

func openSpool(dir, target string, log *slog.Logger) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &spool{dir, target, log}, nil
}

// keep writes a report so that it is there after a crash of the machine: file, then name, then directory.
func (s *spool) keep(workerID string, report *esteirav1.TaskReport) error {
	body, err := transport.Encode(&esteirav1.ReportTasksRequest{WorkerId: workerID, Reports: []*esteirav1.TaskReport{report}})
	if err != nil {
		return err
	}
	digest := sha256.Sum256(body)
	header, err := json.Marshal(spoolHeader{
		spoolFormat, hex.EncodeToString(digest[:]), len(body), s.target, time.Now().UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return err
	}
	name := filepath.Join(s.dir, model.NewID()+spoolSuffix)
	if err := writeSynced(name+".tmp", slices.Concat(header, []byte("\n"), body)); err != nil {
		return err
	}
	if err := os.Rename(name+".tmp", name); err != nil {
		return err
	}
	s.log.Warn("a result that could not be delivered is kept in the spool", "file", name)
	return syncDir(s.dir)
}

func writeSynced(name string, data []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// deliver sends what is kept, oldest first, and deletes what the coordinator has an answer for. When it cannot be reached
// the rest stays for another time.
func (s *spool) deliver(ctx context.Context, rpc *rpc) {
	names, err := filepath.Glob(filepath.Join(s.dir, "*"+spoolSuffix))
	if err != nil {
		s.log.Error("the spool cannot be read", "message", err)
		return
	}
	// Names rise with time.
	slices.Sort(names)
	for _, name := range names {
		body, err := readSpooled(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			// Another worker was faster.
			continue
		case err != nil:
			s.log.Error("a spooled result is damaged and put aside", "file", name, "message", err)
			if err := os.Rename(name, name+spoolCorrupted); err != nil {
				s.log.Error("the damaged file cannot be renamed", "file", name, "message", err)
			}
			continue
		}
		response, _, err := rpc.report(ctx, body, spoolPatience)
		verdict, isFinal := spoolVerdict(response, err)
		if !isFinal {
			s.log.Warn("a spooled result cannot be delivered now and is kept", "file", name, "verdict", verdict)
			return
		}
		s.log.Info("a spooled result is delivered", "file", name, "verdict", verdict)
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Error("a delivered result cannot be removed from the spool", "file", name, "message", err)
		}
	}
}

// readSpooled is the request in a file whose digest matches.
func readSpooled(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > spoolBytesMax {
		return nil, fmt.Errorf("%d bytes are more than a report can have", info.Size())
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	line, body, found := bytes.Cut(data, []byte("\n"))
	var header spoolHeader
	if err := json.Unmarshal(line, &header); err != nil || !found {
		return nil, fmt.Errorf("the first line is not a header: %w", err)
	}
	digest := sha256.Sum256(body)
	switch {
	case header.Format != spoolFormat:
		return nil, fmt.Errorf("the format is %q", header.Format)
	case header.Bytes != len(body) || !strings.EqualFold(header.SHA256, hex.EncodeToString(digest[:])):
		return nil, errors.New("the digest does not match")
	}
	return body, nil
}

// spoolVerdict is what the coordinator said, and whether that is final: the result is taken, or never will be.
func spoolVerdict(response *esteirav1.ReportTasksResponse, err error) (string, bool) {
	if err != nil {
		code := status.Code(err)
		isFinal := code == codes.InvalidArgument || code == codes.NotFound || code == codes.FailedPrecondition
		return code.String() + " " + transport.Reason(err), isFinal
	}
	if len(response.GetOutcomes()) == 0 {
		return "no outcome", false
	}
	outcome := response.GetOutcomes()[0]
	if reason := outcome.GetErrorReason(); reason != "" {
		return reason, !mayPass(reason)
	}
	if outcome.GetAlreadyApplied() {
		return "already applied", true
	}
	return "applied", true
}
