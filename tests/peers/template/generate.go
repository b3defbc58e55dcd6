package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Random expressions by the type that they give; now and then one of the wrong type.
type maker struct {
	*rand.Rand
	depth int
}

func (m *maker) pick(all ...string) string { return all[m.IntN(len(all))] }

func (m *maker) text() string {
	if m.depth <= 0 || m.IntN(4) == 0 {
		return m.pick(`"a b"`, `""`, `"Hello World"`, `"1.2.3"`, `"x,y,z"`, `"/a/../b.c"`, `.user`, `.pass`, `.csv`, `.number`, `.json`, `.lines`, `.empty`, `"é\n\t"`, "`raw`")
	}
	m.depth--
	defer func() { m.depth++ }()
	switch m.IntN(25) {
	case 0, 1:
		return fmt.Sprintf("(%s %s)", m.pick("upper", "lower", "title", "untitle", "trim", "swapcase", "nospace", "initials", "snakecase", "kebabcase", "camelcase", "b64enc", "b32enc", "sha256sum", "sha1sum", "adler32sum", "base", "dir", "ext", "clean", "regexQuoteMeta"), m.text())
	case 2:
		return fmt.Sprintf("(%s %s %s)", m.pick("trimAll", "trimPrefix", "trimSuffix"), m.text(), m.text())
	case 3:
		return fmt.Sprintf("(%s %s %s)", m.pick("trunc", "abbrev", "wrap", "indent", "nindent"), m.small(), m.text())
	case 4:
		return fmt.Sprintf("(substr %s %s %s)", m.small(), m.small(), m.text())
	case 5:
		return fmt.Sprintf("(replace %s %s %s)", m.text(), m.text(), m.text())
	case 6:
		return fmt.Sprintf("(join %s %s)", m.text(), m.list())
	case 7:
		return fmt.Sprintf("(%s %s %s)", m.pick("quote", "squote", "cat", "print", "println", "html", "js", "urlquery"), m.value(), m.value())
	case 8:
		verbs := m.pick("%v", "%d", "%s", "%q", "%x", "%5v", "%-6v|", "%05d", "%+d", "%t", "%T", "%f", "%.2f", "%g", "%e", "%c", "%U", "%6.3v", "%X", "%o", "%b", "%+v", "%8.2f", "%z")
		return fmt.Sprintf("(printf %q %s)", verbs, m.value())
	case 9:
		return fmt.Sprintf("(%s %s)", m.pick("toJson", "toPrettyJson", "toRawJson", "toString", "typeOf", "kindOf"), m.value())
	case 10:
		return fmt.Sprintf("(default %s %s)", m.text(), m.value())
	case 11:
		return fmt.Sprintf("(ternary %s %s %s)", m.text(), m.text(), m.truth())
	case 12:
		return fmt.Sprintf("(%s %s %s %s)", m.pick("regexReplaceAll", "regexReplaceAllLiteral"), m.pattern(), m.text(), m.pick(`"-"`, `"$1"`, `"${0}!"`, `"$$"`, `""`))
	case 13:
		return fmt.Sprintf("(regexFind %s %s)", m.pattern(), m.text())
	case 14:
		return fmt.Sprintf("(repeat %s %s)", m.pick("0", "1", "2", "3"), m.text())
	case 15:
		return fmt.Sprintf("(%s %s)", m.pick("b64dec", "b32dec"), m.text())
	case 16:
		return fmt.Sprintf("(date %q %s)", m.pick("2006-01-02", "Jan _2 06 15:04", "3:04:05 pm Monday", "02/01/2006 .000"), m.pick("0", "1700000000", "(int 5)", "(add 1 2)"))
	case 17:
		return fmt.Sprintf("(seq %s %s)", m.small(), m.small())
	default:
		return fmt.Sprintf("(%s | %s)", m.text(), m.pick("upper", "lower", "quote", "trim", "trunc 3", "b64enc", `replace "a" "b"`, `printf "%8s|"`, "nindent 2", `default "d"`, "len | print", "abbrev 6"))
	}
}

func (m *maker) pattern() string {
	return m.pick(`"[a-z]+"`, `"(\\w)(\\w)"`, `"\\s*"`, `"a|b"`, `"(?i)HELLO"`, `"^.{2}"`, `"(x"`, `"[^,]*"`, `"\\bw"`, `"l{2}"`)
}

func (m *maker) small() string { return m.pick("0", "1", "2", "3", "5", "8", "12", "-1", "-2", "20") }

func (m *maker) number() string {
	if m.depth <= 0 || m.IntN(3) == 0 {
		return m.pick("0", "1", "7", "-3", "42", "1.5", "-2.25", "1e6", "0x1f", "100000", "'a'", `"12"`, "true")
	}
	m.depth--
	defer func() { m.depth++ }()
	switch m.IntN(8) {
	case 0:
		return fmt.Sprintf("(%s %s)", m.pick("add1", "int", "int64", "float64", "floor", "ceil", "toDecimal"), m.number())
	case 1:
		return fmt.Sprintf("(len %s)", m.pick(m.text(), m.list(), m.dict()))
	case 2:
		return fmt.Sprintf("(round %s %s)", m.number(), m.pick("0", "1", "2"))
	case 3:
		return fmt.Sprintf("(%s %s %s)", m.pick("addf", "subf", "mulf", "maxf", "minf"), m.number(), m.number())
	default:
		return fmt.Sprintf("(%s %s %s)", m.pick("add", "sub", "mul", "div", "mod", "max", "min"), m.number(), m.number())
	}
}

func (m *maker) truth() string {
	if m.depth <= 0 || m.IntN(4) == 0 {
		return m.pick("true", "false")
	}
	m.depth--
	defer func() { m.depth++ }()
	switch m.IntN(8) {
	case 0:
		return fmt.Sprintf("(not %s)", m.value())
	case 1:
		return fmt.Sprintf("(%s %s %s)", m.pick("eq", "ne"), m.value(), m.value())
	case 2:
		return fmt.Sprintf("(%s %s %s)", m.pick("lt", "le", "gt", "ge"), m.number(), m.number())
	case 3:
		return fmt.Sprintf("(%s %s %s)", m.pick("contains", "hasPrefix", "hasSuffix"), m.text(), m.text())
	case 4:
		return fmt.Sprintf("(regexMatch %s %s)", m.pattern(), m.text())
	case 5:
		return fmt.Sprintf("(has %s %s)", m.value(), m.list())
	case 6:
		return fmt.Sprintf("(%s %s %s)", m.pick("deepEqual", "all", "any", "and", "or"), m.value(), m.value())
	default:
		return fmt.Sprintf("(empty %s)", m.value())
	}
}

func (m *maker) list() string {
	if m.depth <= 0 || m.IntN(4) == 0 {
		return m.pick("(list)", `(list 1 "a" nil)`, `(list "b" "a" "b")`, "(until 3)", `(splitList "," .csv)`, "(list 0 1 2.5)")
	}
	m.depth--
	defer func() { m.depth++ }()
	switch m.IntN(7) {
	case 0:
		return fmt.Sprintf("(%s %s)", m.pick("rest", "initial", "reverse", "uniq", "compact", "sortAlpha", "toStrings"), m.list())
	case 1:
		return fmt.Sprintf("(%s %s %s)", m.pick("append", "prepend", "without"), m.list(), m.value())
	case 2:
		return fmt.Sprintf("(concat %s %s)", m.list(), m.list())
	case 3:
		return fmt.Sprintf("(list %s %s)", m.value(), m.value())
	case 4:
		return fmt.Sprintf("(%s %s %s %s)", m.pick("regexFindAll", "regexSplit"), m.pattern(), m.text(), m.pick("-1", "0", "1", "2"))
	case 5:
		return fmt.Sprintf("(chunk %s %s)", m.pick("1", "2"), m.list())
	default:
		return fmt.Sprintf("(splitList %s %s)", m.text(), m.text())
	}
}

func (m *maker) dict() string {
	if m.depth <= 0 || m.IntN(3) == 0 {
		return m.pick("(dict)", `(dict "a" 1)`, `(dict "b" (list 1) "a" "x")`, "(fromJson .json)")
	}
	m.depth--
	defer func() { m.depth++ }()
	switch m.IntN(4) {
	case 0:
		return fmt.Sprintf("(dict %s %s)", m.text(), m.value())
	case 1:
		return fmt.Sprintf("(set %s %s %s)", m.dict(), m.text(), m.value())
	case 2:
		return fmt.Sprintf("(%s %s \"a\")", m.pick("pick", "omit", "unset"), m.dict())
	default:
		return fmt.Sprintf("(deepCopy %s)", m.dict())
	}
}

func (m *maker) value() string {
	switch m.IntN(12) {
	case 0:
		return m.pick("nil", ".none", "(index . \"user\")", "(first (list))", "1i")
	case 1:
		return fmt.Sprintf("(get %s \"a\")", m.dict())
	case 2:
		return fmt.Sprintf("(%s %s)", m.pick("first", "last"), m.list())
	case 3, 4:
		return m.number()
	case 5:
		return m.truth()
	case 6, 7:
		return m.list()
	case 8:
		return m.dict()
	default:
		return m.text()
	}
}

func (m *maker) body(levels int) string {
	var out strings.Builder
	for range 1 + m.IntN(2) {
		out.WriteString(m.pick("", "t", " ", "\n", "x {", "}} "))
		open, shut := m.pick("{{", "{{", "{{- "), m.pick("}}", "}}", " -}}")
		action := func(text string) string { return open + " " + text + " " + shut }
		kind := m.IntN(9)
		if levels <= 0 {
			kind += 6
		}
		switch kind {
		case 0:
			fmt.Fprintf(&out, "%s%s{{ else }}%s{{ end }}", action("if "+m.value()), m.body(levels-1), m.body(levels-1))
		case 1:
			fmt.Fprintf(&out, "%s{{ . }}%s{{ else }}n{{ end }}", action("with "+m.value()), m.body(levels-1))
		case 2:
			fmt.Fprintf(&out, "%s{{ $i }}={{ $e }};%s{{ else }}none{{ end }}", action("range $i, $e := "+m.pick(m.list(), m.dict(), m.value())), m.pick("", "{{ if $i }}{{ break }}{{ end }}", "{{ continue }}x"))
		case 3:
			fmt.Fprintf(&out, "{{ $v := %s }}%s{{ $v = %s }}{{ $v }}", m.value(), m.body(levels-1), m.value())
		case 4:
			fmt.Fprintf(&out, "{{ range %s }}{{ . }},{{ end }}", m.pick("3", "0", m.list()))
		case 5:
			fmt.Fprintf(&out, "{{ block %q %s }}{{ . }}{{ end }}", fmt.Sprint("b", m.IntN(1000)), m.value())
		default:
			out.WriteString(action(m.value()))
		}
	}
	return out.String()
}

// Now and then a letter is lost, so that what does not parse is judged too.
func (m *maker) broken(text string) string {
	if m.IntN(12) > 0 || len(text) == 0 {
		return text
	}
	at := m.IntN(len(text))
	for at > 0 && text[at]&0xC0 == 0x80 {
		at--
	}
	end := at + 1
	for end < len(text) && text[end]&0xC0 == 0x80 {
		end++
	}
	return text[:at] + text[end:]
}

func generate(seed uint64, count int) []question {
	m := &maker{rand.New(rand.NewPCG(seed, 7)), 2}
	var all []question
	for range count {
		all = append(all, question{m.broken(m.body(1)), data()})
	}
	return all
}
