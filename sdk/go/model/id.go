package model

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"
)

var ids idSource

// NewID is a new id: a UUID of version 7 whose texts rise within this process.
func NewID() string { return ids.next(time.Now()) }

// idSource makes ids: 48 bits of milliseconds, 12 bits that make them rise within one, 62 random bits.
type idSource struct {
	mutex sync.Mutex
	last  uint64
}

func (s *idSource) next(now time.Time) string {
	micros := uint64(max(0, now.UnixMicro()))
	s.mutex.Lock()
	s.last = max(micros/1000<<12|micros%1000<<2, s.last+1)
	stamp := s.last
	s.mutex.Unlock()
	var id [16]byte
	// The operating system's randomness never fails.
	_, _ = rand.Read(id[8:])
	binary.BigEndian.PutUint64(id[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
