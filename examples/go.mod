module github.com/miekg/bpf/examples

go 1.23

require github.com/miekg/bpf v0.0.0

replace github.com/miekg/bpf => ../sdk
