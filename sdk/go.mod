module github.com/miekg/bpf

go 1.23
