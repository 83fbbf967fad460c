// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import dev.nfkit.samples.cli.queue.QueueCommand
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldStartWith
import picocli.CommandLine

private class Wrong(
    val message: String,
    vararg val args: String,
)

private val queue = arrayOf("queue", "-i", "nfqueue:0")

private val tcp = arrayOf("-p", "tcp", "-s", "1.1.1.1", "-d", "2.2.2.2")

private val tuple = arrayOf("-s", "1.1.1.1", "-d", "2.2.2.2", "--sport", "1", "--dport", "2")

private fun String.words(): Array<String> = split(' ').toTypedArray()

class UsageSpec :
    FunSpec({
        val wrong =
            listOf(
                Wrong(
                    "only capture, queue, conntrack, rules, explain and top can be recorded",
                    "record",
                    "-o",
                    "x",
                    "--",
                    "replay",
                    "y",
                ),
                Wrong("--output", "record", "--", "capture", "-i", "nflog:1"),
                Wrong("COMMAND", "record", "-o", "x"),
                Wrong("-o -: standard output belongs to the command", "record", "-o", "-", "capture"),
                Wrong("--ring 5: expected a size from 1MiB to 1GiB", "record", "-o", "x", "--ring", "5", "capture"),
                Wrong("--ring 2GiB: expected a size from", "record", "-o", "x", "--ring", "2GiB", "capture"),
                Wrong(
                    "/no/such/x: No such file or directory: there is no directory /no/such",
                    "record",
                    "-o",
                    "/no/such/x",
                    "capture",
                    "-i",
                    "nflog:1",
                ),
                Wrong("/no/such: No such file or directory", "anonymize", "/no/such", "x"),
                Wrong("FILTER: \"udp dport 53 drop\" must only match", "explain", "udp", "dport", "53", "drop"),
                Wrong("FILTER, a match in the language of nft: line 1, column 1", "explain", "nonsense"),
                Wrong("it is a FILTER, which capture and queue take", *"explain udp port 53".words()),
                Wrong("it is a FILTER, which capture and queue take", "capture", "--rule", "udp port 53"),
                Wrong("it is a match of nft, which --rule", *"capture -i nflog:1 ip saddr 10.0.0.0/8".words()),
                Wrong("it is a match of nft, which --rule", *queue, "--drop", "5%: udp length 8"),
                Wrong("-a filesize and -a files need files", "explain", "-a", "files:2"),
                Wrong("-i, --rule and -s do not apply", "capture", "--dropped", "-i", "nflog:1"),
                Wrong("--dropped writes one pcapng file", "capture", "-P", "-w", "x", "--dropped"),
                Wrong("unknown command 'captrue'; did you mean capture? (see nfkit --help)", "captrue"),
                Wrong("did you mean record?", "recrod"),
                Wrong("did you mean conntrack?", "conn"),
                Wrong("unknown command 'xyz'; the commands are capture, queue, record,", "xyz"),
                Wrong("unknown command 'lst'; did you mean list? (see nfkit rules --help)", "rules", "lst"),
                Wrong("unexpected argument 'b'", *"conntrack -L expect b".words()),
                Wrong("unknown option '--josn'; did you mean --json? (see nfkit capture --help)", "capture", "--josn"),
                Wrong("unknown option '--updte'; did you mean --update?", "conntrack", "--updte"),
                Wrong("unknown option '--drpo'; did you mean --drop?", *queue, "--drpo=udp", "-x"),
                Wrong("unknown command 'foo'; the commands are capture, queue, record,", "help", "foo"),
                Wrong("unknown command 'captre'; did you mean capture?", "help", "captre"),
                Wrong("option '-n': 'x' is not a number", "top", "-n", "x"),
                Wrong("option '--rows': 'x' is not a number", "top", "--rows=x"),
                Wrong("--snapshot-length 99999: copy range", *"capture -i nflog:1 --snapshot-length 99999".words()),
                Wrong("give -i nflog:GROUP for what rules send there", "capture", "tcp", "port", "443"),
                Wrong("nflog:1 is no filter; the place is given by -i nflog:1", "capture", "nflog:1"),
                Wrong(
                    "FILTER, in the language of nfkit queue, character 5: expected \"and\"",
                    "capture",
                    "-i",
                    "nflog:1",
                    "tcp",
                    "prt",
                    "443",
                ),
                Wrong("--dropped has its filter as its own argument", "capture", "--dropped", "tcp", "udp"),
                Wrong("nfkit queue -i nfqueue:0 receives", "capture", "-i", "nfqueue:0"),
                Wrong("--raw needs -w", "capture", "-i", "nflog:1", "--raw"),
                Wrong("-P needs -w", "capture", "-i", "nflog:1", "-P"),
                Wrong("-i eth0: not known; give nflog:GROUP", "capture", "-i", "eth0"),
                Wrong("-i nflog:x: not known", "capture", "-i", "nflog:x"),
                Wrong("group 65536 is out of range 0 to 65535", "capture", "-i", "nflog:65536"),
                Wrong("group 30 is given twice", "capture", "-i", "nflog:30", "-i", "nflog:31,30"),
                Wrong("copy range is out of range 0 to 65531", "capture", "-i", "nflog:30", "-s", "65532"),
                Wrong("out of 3776 to 131072", "capture", "-i", "nflog:30", "--nlbufsiz", "131073"),
                Wrong("out of 3776 to 131072", "capture", "-i", "nflog:30", "--nlbufsiz", "3775"),
                Wrong("1 to 1023 MiB", "capture", "-i", "nflog:30", "-B", "1024"),
                Wrong("--timeout 15", "capture", "-i", "nflog:30", "--timeout", "15"),
                Wrong("nfkit: --nlbufsiz 10 is out of", "capture", "-i", "nflog:30", "--nlbufsiz", "10"),
                Wrong("nfkit: --threshold 0 is less than 1", "capture", "-i", "nflog:30", "--threshold", "0"),
                Wrong("-a foo:1: not known", "capture", "-i", "nflog:30", "-a", "foo:1"),
                Wrong("-a duration:x", "capture", "-i", "nflog:30", "-a", "duration:x"),
                Wrong("-a packets:0", "capture", "-i", "nflog:30", "-a", "packets:0"),
                Wrong("-a filesize needs -w", "capture", "-i", "nflog:30", "-a", "filesize:1"),
                Wrong("-b needs -w", "capture", "-i", "nflog:30", "-b", "packets:1"),
                Wrong(
                    "-b files needs a condition",
                    "capture",
                    "-i",
                    "nflog:30",
                    "-b",
                    "files:2",
                    "-w",
                    "x",
                ),
                Wrong("-b needs files", "capture", "-i", "nflog:30", "-b", "packets:2", "-w", "-"),
                Wrong("-a files needs -b", "capture", "-i", "nflog:30", "-a", "files:2", "-w", "x"),
                Wrong("both write to standard output", "capture", "-i", "nflog:30", "--json", "-w", "-"),
                Wrong("-c 0: expected a number from 1", "capture", "-i", "nflog:30", "-c", "0"),
                Wrong("'abc' is not a number", "capture", "-i", "nflog:30", "-c", "abc"),
                Wrong("unknown option '--bogus' (see", "capture", "-i", "nflog:30", "--bogus"),
                Wrong("give -i nflog:GROUP for what rules send there, or --rule MATCH", "capture"),
                Wrong("give -i nfqueue:QUEUE for what rules send there, or --rule MATCH", "queue"),
                Wrong("--hook, --priority and --family need --rule", "capture", "-i", "nflog:1", "--hook", "input"),
                Wrong("--rule, a match in the language of nft: line 1, column 11", "capture", "--rule", "tcp dport x"),
                Wrong("must only match, count or limit", "capture", "--rule", "tcp dport 5 accept"),
                Wrong("--hook: hook outputs is none of family inet", "capture", "--rule", "", "--hook", "outputs"),
                Wrong("--family: family ipx is none of", "capture", "--rule", "", "--family", "ipx"),
                Wrong("session has 2 groups", "capture", "-i", "nflog:1,2", "--rule", ""),
                Wrong("consecutive queues", "queue", "-i", "nfqueue:1,3", "--rule", ""),
                Wrong("-i nflog:30-29: the range 30-29 is empty", "capture", "-i", "nflog:30-29"),
                Wrong("-i nflog:0: queue decides packets of NFQUEUE", "queue", "-i", "nflog:0"),
                Wrong("-i nfqueue:0-: not known", "queue", "-i", "nfqueue:0-"),
                Wrong("queue 65536 is out of range 0 to 65535", "queue", "-i", "nfqueue:65530-65536"),
                Wrong("queue 2 is given twice", "queue", "-i", "nfqueue:0-3", "-i", "nfqueue:2"),
                Wrong("--drop 'udp dpor 53', at character 5: expected", *queue, "--drop", "udp dpor 53"),
                Wrong("--drop '5%: udp dpor 53', at character 9: expected", *queue, "--drop", "5%: udp dpor 53"),
                Wrong("--drop '0%: udp', at character 1: 0% is not", *queue, "--drop", "0%: udp"),
                Wrong("101% is not more than 0% and at most 100%", *queue, "--drop", "101%: udp"),
                Wrong("100.1% is not more than 0% and at most 100%", *queue, "--drop", "100.1%: udp"),
                Wrong("at character 4: \"50ms\" is not a setting; expected --drop", *queue, "--drop", "5% 50ms: udp"),
                Wrong("expected --mark MARK[/MASK] [PERCENT%][: FILTER]", *queue, "--mark", "udp"),
                Wrong("expected a mark of 0 to 0xffffffff", *queue, "--mark", "0x1/0xf0: udp"),
                Wrong("expected --delay TIME [JITTER] [PERCENT%][: FILTER]", *queue, "--delay", "udp"),
                Wrong("\"50m\" is not a time", *queue, "--delay", "50m: udp"),
                Wrong("the jitter is longer than the delay", *queue, "--delay", "50ms 60ms: udp"),
                Wrong("give bit or byte, not both", *queue, "--corrupt", "bit byte: udp"),
                Wrong("\"7\" is not a setting; expected --corrupt", *queue, "--corrupt", "7: udp"),
                Wrong("--corrupt needs whole packets", *queue, "--corrupt", "udp", "-s", "64"),
                Wrong("takes longer", *queue, "--delay", "50ms 10ms: udp", "--deadline", "60ms"),
                Wrong("--deadline 5m: expected a time", *queue, "--deadline", "5m"),
                Wrong("nfkit: --deadline PT0.0005S is out of", *queue, "--deadline", "500us"),
                Wrong("nfkit: --max-length 0 is less than 1", *queue, "--max-length", "0"),
                Wrong("--default reject: expected accept or drop (see", *queue, "--default", "reject"),
                Wrong("only duration:SECONDS and packets:N", *queue, "-a", "filesize:1"),
                Wrong("-L and -F cannot be combined (see nfkit conntrack --help)", "conntrack", "-L", "-F"),
                Wrong("a command is missing: -L, -E, -G, -I, -A, -R, -U, -D, --kill, -F, -S or -C (see", "conntrack"),
                Wrong("table nat: not known", "conntrack", "-L", "nat"),
                Wrong("this table can only be listed", "conntrack", "-D", "dying"),
                Wrong("-U expect: an expectation cannot be changed", "conntrack", "-U", "expect"),
                Wrong("nfkit: --timeout: not supported with -L", "conntrack", "-L", "--timeout", "5"),
                Wrong("nfkit: -t: not supported with -L", "conntrack", "-L", "-t5"),
                Wrong("nfkit: -z: not supported with -D", "conntrack", "-D", "-z"),
                Wrong("--kill: needs an option that selects connections", "conntrack", "--kill"),
                Wrong("--kill: needs an option that selects", "conntrack", "--kill", "-o", "process"),
                Wrong("--kill expect: only connections have sockets", "conntrack", "--kill", "expect", "-p", "tcp"),
                Wrong("-o process: cannot be combined with xml", "conntrack", "-L", "-o", "xml,process"),
                Wrong("-m: not supported with -L expect", "conntrack", "-L", "expect", "-m", "1"),
                Wrong("-s: \"1.2.3\" is no IP prefix", "conntrack", "-L", "-s", "1.2.3"),
                Wrong("-d: the prefix length of \"::/129\"", "conntrack", "-L", "-d", "::/129"),
                Wrong("-p smtp: not known", "conntrack", "-L", "-p", "smtp"),
                Wrong("-p 256: not known", "conntrack", "-L", "-p", "256"),
                Wrong("-f ipx: not known", "conntrack", "-L", "-f", "ipx"),
                Wrong("-w 65536: expected a number of 0 to 65535", "conntrack", "-L", "-w", "65536"),
                Wrong("--sport http: expected a number", "conntrack", "-L", "--sport", "http"),
                Wrong("-m 0x1/0xf0: expected a mark", "conntrack", "-L", "-m", "0x1/0xf0"),
                Wrong("-u GONE: not known", "conntrack", "-L", "-u", "GONE"),
                Wrong("a bit can't be both set and not set", *"conntrack -L -u ASSURED,!ASSURED".words()),
                Wrong("-l 128: neither a label", "conntrack", "-L", "-l", "128"),
                Wrong("--state ESTABLISHED: only with -p tcp", "conntrack", "-L", "--state", "ESTABLISHED"),
                Wrong("--state GONE: not known; give one of NONE", "conntrack", "-L", "-p", "sctp", "--state", "GONE"),
                Wrong("-n 1.1.1.1:x: expected a port", "conntrack", "-L", "-n", "1.1.1.1:x"),
                Wrong("-o save: cannot be combined with another output", "conntrack", "-L", "-o", "id,save"),
                Wrong("--json: cannot be combined with -o xml or -o save", *"conntrack -L -o xml --json".words()),
                Wrong("-o save: only for connections", *"conntrack -L expect -o save".words()),
                Wrong("-o all: not known", "conntrack", "-L", "-o", "all"),
                Wrong("-e OLD: not known", "conntrack", "-E", "-e", "NEW,OLD"),
                Wrong("nfkit: -b 5 is out of", "conntrack", "-E", "-b", "5"),
                Wrong("-s and -d, or -r and -q, are missing", "conntrack", "-G", "-p", "tcp"),
                Wrong("-p is missing", "conntrack", "-G", "-s", "1.1.1.1", "-d", "1.1.1.2"),
                Wrong("--sport and --dport are missing", "conntrack", "-G", *tcp),
                Wrong("--icmp-type and --icmp-code are missing", *"conntrack -G -p 1 -s ::1 -d ::2".words()),
                Wrong("expected one address", *"conntrack -G -p 99 -s 1.0.0.0/8 -d 1.1.1.1".words()),
                Wrong("-d 1.1.1.1: not the address family of -s", *"conntrack -G -p 99 -s ::1 -d 1.1.1.1".words()),
                Wrong("-s 0:0:0:0:0:0:0:1: not the address family of -f", *"conntrack -L -f ipv4 -s ::1".words()),
                Wrong(
                    "-g 1.1.1.1: not the address family of",
                    *"conntrack -I -p 99 -s ::1 -d ::2 -t 9 -g 1.1.1.1".words(),
                ),
                Wrong("-r: \"[::1]\" is no IP prefix", *"conntrack -L -r [::1]".words()),
                Wrong("-n: \"[::1]\" is no IP prefix", *"conntrack -L -n [::1]".words()),
                Wrong("-j: cannot be combined with -n or -g", *"conntrack -L -n -j".words()),
                Wrong("--mask-src: only with -s", *"conntrack -L --mask-src 255.0.0.0".words()),
                Wrong("--mask-src: not supported with -I", "conntrack", "-I", *tcp, "--mask-src", "255.0.0.0"),
                Wrong(
                    "--mask-src ffff:0:0:0:0:0:0:0: not the address family of",
                    *"conntrack -L -s 1.1.1.1 --mask-src ffff::".words(),
                ),
                Wrong("--orig-vtag is missing", *"conntrack -I -p sctp --state CLOSED -t 9".words(), *tuple),
                Wrong("--role is missing", *"conntrack -I -p dccp --state OPEN -t 9".words(), *tuple),
                Wrong("--role peer: not known", *"conntrack -I -p dccp --state OPEN -t 9 --role peer".words(), *tuple),
                Wrong(
                    "--role: only with -p dccp",
                    *"conntrack -I -p tcp --state CLOSE -t 9 --role client".words(),
                    *tuple,
                ),
                Wrong("--state CLOSE: only with -p tcp", *"conntrack -U --state CLOSE".words()),
                Wrong("-A expect: an expectation cannot be changed", "conntrack", "-A", "expect"),
                Wrong("-R /no/such: No such file or directory", "conntrack", "-R", "/no/such"),
                Wrong("-t is missing", "conntrack", "-I", *tcp, "--sport", "1", "--dport", "2"),
                Wrong("--state is missing", "conntrack", "-I", *tcp, "--sport", "1", "--dport", "2", "-t", "9"),
                Wrong("-n: the new address", *"conntrack -I -p 99 -s ::1 -d ::2 -t 9 -n".words()),
                Wrong("-U: no change is given", "conntrack", "-U", "-s", "1.1.1.1"),
                Wrong("--tuple-src, --tuple-dst", *"conntrack -I expect -p 99 -s ::1 -d ::2 -t 9".words()),
                Wrong("-n 0: 1 to 10000", "top", "-n", "0"),
                Wrong("--count 0: expected a number from 1", "top", "--count", "0"),
                Wrong("without --once", "top", "--count", "2", "--once"),
                Wrong("-i 5m: expected a time", "top", "-i", "5m"),
                Wrong("-i 0s: expected a time", "top", "-i", "0s"),
                Wrong("--sort age: expected bytes or packets (see", "top", "--sort", "age"),
                Wrong("-m x: expected a mark", "top", "-m", "x"),
                Wrong("-c 0: expected a number from 1", "flows", "-c", "0"),
                Wrong("--active-timeout 500ms: expected a time from 1s", "flows", "--active-timeout", "500ms"),
                Wrong("--active-timeout x: expected a time", "flows", "--active-timeout", "x"),
                Wrong("--ipfix :4739: the host is missing", "flows", "--ipfix", ":4739"),
                Wrong("--ipfix 192.0.2.1:65536: expected HOST:PORT", "flows", "--ipfix", "192.0.2.1:65536"),
                Wrong("--ipfix 2001:db8::1: expected HOST:PORT", "flows", "--ipfix", "2001:db8::1"),
                Wrong("--ipfix-tcp, --ipfix-domain and --ipfix-enterprise need --ipfix", "flows", "--ipfix-tcp"),
                Wrong("observationDomain is from 0", *"flows --ipfix 127.0.0.1 --ipfix-domain -1".words()),
                Wrong("--collect x:y: expected [ADDRESS]:PORT", "flows", "--collect", "x:y"),
                Wrong(
                    "--active-timeout: not supported with --collect",
                    *"flows --collect :0 --active-timeout 5s".words(),
                ),
                Wrong("-p: not supported with --collect", *"flows --collect :0 -p tcp".words()),
                Wrong("enterprise is from 1", *"flows --collect :0 --ipfix-enterprise 0".words()),
                Wrong("--host: host is empty", "flows", "--host", " "),
                Wrong("-p smtp: not known", "flows", "-p", "smtp"),
                Wrong("a command is missing"),
                Wrong("FILE", "replay"),
                Wrong("No such file or directory", "replay", "/nowhere/at/all"),
                Wrong("Is a directory", "replay", "/"),
            )

        context("wrong usage ends with code 2 and one line that describes the right usage") {
            withData(nameFn = { it.args.joinToString(" ", "nfkit ") }, wrong) { case ->
                val ran = nfkit(*case.args)
                ran.code shouldBe 2
                ran.messages shouldHaveSize 1
                ran.err shouldStartWith "nfkit: "
                ran.err shouldContain case.message
            }
        }

        test("a trace that is not a pcap file is refused with code 2 and one line") {
            val file = tempdir().resolve("no.pcap").apply { writeText("this is no capture file") }
            val ran = nfkit("replay", file.path)
            ran.code shouldBe 2
            ran.messages shouldHaveSize 1
            ran.err shouldContain "expected a pcap or pcapng header"
        }

        test("an argument that begins with @ is taken as it is, even if there is a file of that name") {
            val file = tempdir().resolve("words").apply { writeText("nflog:x") }
            nfkit("capture", "-i", "@$file").err shouldContain "-i @$file: not known"
            nfkit("record", "-o", "$file.pcapng", "--", "capture", "-i", "@$file").err shouldContain
                "-i @$file: not known"
            nfkit("@$file").err shouldContain "@$file"
        }

        test("an unknown namespace is refused with code 2") {
            val ran = nfkit("capture", "-i", "nflog:30", "--netns", "nfkit-no-such")
            ran.code shouldBe 2
            ran.err shouldContain "nfkit-no-such"
        }

        test("rules keep the order in which they were given, whatever their actions") {
            val command = QueueCommand()
            CommandLine(command).parseArgs(
                *arrayOf("-i", "nfqueue:0-3", "--mark", "7: tcp", "--drop", "udp", "--drop", "50%: icmp", "-q"),
                *arrayOf("--mark", "0x8/0xff", "--delay=1.5s 20ms 10%: ip6", "--accept", "src ::1", "--drop=any"),
                *arrayOf("--corrupt", "checksums byte 0.5%: len > 100"),
            )
            command.rules().map { "$it" } shouldBe
                listOf(
                    "--mark '0x7: tcp'",
                    "--drop 'udp'",
                    "--drop '50%: icmp'",
                    "--mark '0x8/0xff: any'",
                    "--delay '10% 1.5s 20ms: ip6'",
                    "--accept 'src ::1'",
                    "--drop 'any'",
                    "--corrupt '0.5% byte checksums: len > 100'",
                )
        }

        test("the list of commands has a whole sentence for each") {
            val lists = listOf(Main.all(), Main.all().subcommands.getValue("rules"))
            for ((name, command) in lists.flatMap { it.subcommands.entries }.map { it.key to it.value.commandSpec }) {
                if (command.usageMessage().hidden()) continue
                val usage = command.usageMessage()
                withClue(name) { (usage.header() + usage.description()).first() shouldMatch Regex("[A-Z].*\\.") }
            }
        }

        test("help and version are not errors") {
            nfkit("--version").code shouldBe 0
            nfkit("capture", "--help").code shouldBe 0
            nfkit("queue", "--help").code shouldBe 0
            nfkit("conntrack", "--help").code shouldBe 0
            nfkit("top", "--help").code shouldBe 0
            nfkit("flows", "--help").code shouldBe 0
        }
    })
