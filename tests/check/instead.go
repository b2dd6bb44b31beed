// What comes to mind first, and what kernel code has instead.
package probe

import (
	"fmt"
	"log"
	"math/rand"
	"os"
	"sync"
	"time"

	"github.com/miekg/bpf"
)

var (
	mutex sync.Mutex // ERROR GB0312 "sync.Mutex can't be used"
	total uint64
)

func check(nr int32) error { // ERROR GB0303 "error is an interface"
	return nil
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	start := time.Now()                         // ERROR GB0312 "time.Now can't be used"
	fmt.Println("opened", ctx.NR, start)        // ERROR GB0312 "fmt.Println can't be used"
	log.Printf("opened %d", ctx.NR)             // ERROR GB0312 "log.Printf can't be used"
	text := fmt.Sprintf("opened %d", ctx.NR)    // ERROR GB0312 "fmt.Sprintf can't be used"
	if os.Getenv("DEBUG") != "" || text == "" { // ERROR GB0312 "os.Getenv can't be used"
		total += rand.Uint64() // ERROR GB0312 "rand.Uint64 can't be used"
	}
	seen := make(map[uint32]bool) // ERROR GB0311 "a package variable with //bpf:map"
	_ = seen
	mutex.Lock()
	done := make(chan int, 1) // ERROR GB0302 "channels"
	<-done
	if err := check(ctx.NR); err != nil {
		return 1
	}
	return 0
}
