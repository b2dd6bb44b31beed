package main

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// show formats a value as %+v does, without padding; bytes that are text up to a zero byte are shown as text.
func show(v reflect.Value) string {
	var parts []string
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "_" {
				parts = append(parts, name+":"+show(v.Field(i)))
			}
		}
		return "{" + strings.Join(parts, " ") + "}"
	case reflect.Array, reflect.Slice:
		if text, ok := text(v); ok {
			return strconv.Quote(text)
		}
		for i := range v.Len() {
			parts = append(parts, show(v.Index(i)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return fmt.Sprint(v)
}

// text gives what an array of bytes says, if it holds printable text and then nothing but zero bytes.
func text(v reflect.Value) (string, bool) {
	if v.Type().Elem().Kind() != reflect.Uint8 {
		return "", false
	}
	all := make([]byte, v.Len())
	reflect.Copy(reflect.ValueOf(all), v)
	said, rest, _ := bytes.Cut(all, []byte{0})
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(said) == 0 || bytes.ContainsFunc(said, unprintable) || len(bytes.Trim(rest, "\x00")) > 0 {
		return "", false
	}
	return string(said), true
}
