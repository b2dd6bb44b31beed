// Loops whose counters have constant bounds: what their ranges say leaves no check, and where they say nothing all stay.
package counted

import "github.com/miekg/bpf"

//bpf:section xdp
func Ranges(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 40 {
		return 50
	}
	var a [16]byte
	for i := range a {
		a[i] = p[14+i]
	}
	sum := 0
	for i := 0; i <= 14; i += 3 {
		sum = sum*7 + int(a[i+1]) + int(a[15-i])
		for j := i; j < 16; j++ {
			sum += int(a[j]) ^ int(p[39-j])
		}
	}
	for i := uint32(2); i < 12; i += 2 {
		sum += int(p[i*3]) + int(a[i/2])
	}
	n := 0
	if p[0] > 3 {
		n = 5
	}
	for ; n < 16; n++ {
		sum = sum*3 + int(a[n])
	}
	return bpf.XDPAction(sum)
}

//bpf:section xdp
func Past(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return 50
	}
	var a [8]byte
	sum := 0
	for i := 0; i < 10; i++ {
		if i == int(p[0]) {
			return bpf.XDPAction(sum)
		}
		a[i] = p[i+10]
		sum += int(a[i])
	}
	return bpf.XDPAction(sum)
}

//bpf:section xdp
func PastPacket(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return 50
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += int(p[i+int(p[0]&1)+11])
	}
	for i := 0; i < 8; i++ {
		sum += int(p[i*2+6])
	}
	return bpf.XDPAction(sum)
}

//bpf:section xdp
func Wraps(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return 50
	}
	sum, turns := 0, 0
	for i := uint8(250); i >= 5; i += 3 {
		sum += int(i)
		turns++
	}
	for i := int8(120); i > 0 && turns < 20; i += 4 {
		sum += int(p[i&15])
		turns++
	}
	for i := 15; i >= 0; i-- {
		sum = sum*3 ^ int(p[i])
	}
	i := 0
	for turns < 40 {
		i += 2
		turns++
		if i > 9 && p[0] > 7 {
			break
		}
		sum += int(p[i%20])
	}
	return bpf.XDPAction(sum + i)
}

// Numbers at both ends, compared and computed with counters.
//
//bpf:section xdp
func Ends(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return 50
	}
	const least, most = -1 << 63, 1<<63 - 1
	sum := 0
	for i := 0; i < 8; i++ {
		if i+least < int(p[0])+least {
			sum += 1
		}
		if i > least && i-least < 0 && i*most != 3 {
			sum += 2
		}
		for j := int32(0); j < 4; j++ {
			if j+(-1<<31) < 0 && j-(1<<31-1) != 5 {
				sum += int(p[j])
			}
		}
	}
	return bpf.XDPAction(sum)
}

// RUN Ranges packet=00_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13_14_15_16_17_18_19_1a_1b_1c_1d_1e_1f_20_21_22_23_24_25_26_27 => -785423271
// RUN Ranges packet=09_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_ff_11_12_13_14_15_16_17_18_19_1a_1b_1c_80_1e_1f_20_21_22_23_24_25_26_27 => 2108146300
// RUN Past packet=08_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13 => 108
// RUN Past packet=09_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13 => 0
// RUN PastPacket packet=00_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13 => 0
// RUN PastPacket packet=00_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13_14 => 259
// RUN PastPacket packet=01_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13_14 => 0
// RUN PastPacket packet=01_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13_14_15 => 269
// RUN Wraps packet=00_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13_14 => 1184317675
// RUN Wraps packet=09_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13_14 => 1184317312
// RUN Ends packet=05_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13 => 109
// RUN Ends packet=00*20 => 16
