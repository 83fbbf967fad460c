// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack

import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Ran
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.nfkitCommand
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldStartWith

private fun conntrack(
    netns: Netns,
    vararg args: String,
): Ran = nfkit("conntrack", "--netns", netns.name, *args)

/** A line without time and counters: the fields that a saved entry keeps. */
private fun lasting(line: String): String =
    timeless(line)
        .replace(Regex("(packets|bytes|delta-time)=\\S+ "), "")

/**
 * A saved line without the fields that change with time, and without those that only nfkit saves: the mark and the
 * translated port.
 */
private fun asPeerSaves(line: String): String =
    line
        .replace(Regex(" -t \\d+"), "")
        .replace(Regex(" -m \\d+"), "")
        .replace(Regex("( -[ng] [0-9.]+):\\d+"), "$1")

private fun timelessXml(line: String): String =
    line
        .replace(Regex("<(timeout|deltatime)>\\d+"), "<$1>-")

/** Creates connections of all kinds with the peer. */
private fun populate(netns: Netns) {
    netns.track()
    val settings = listOf("acct=1", "timestamp=1", "udp_timeout=6000", "icmp_timeout=6000", "icmpv6_timeout=6000")
    netns.inside("sysctl", "-qw", *settings.map { "net.netfilter.nf_conntrack_$it" }.toTypedArray())
    netns.udp(2, port = 7777)
    netns.inside("ping", "-c", "1", "-q", "127.0.0.1")
    netns.inside("ping", "-c", "1", "-q", "::1")
    val between = arrayOf("-s", "192.0.2.1", "-d", "198.51.100.2", "-t", "10000")
    val ports = arrayOf("--sport", "10", "--dport", "20")
    val six = arrayOf("-s", "fd00::1", "-d", "2001:db8::ffff:0:2", "-t", "10000")
    val tcp = arrayOf("-p", "tcp", "--state", "ESTABLISHED")
    for (more in listOf(
        tcp + between + ports + arrayOf("-u", "SEEN_REPLY,ASSURED", "-m", "7"),
        tcp + six + ports,
        arrayOf("-p", "udp") + between + ports + arrayOf("-n", "203.0.113.3:77"),
        arrayOf("-p", "udp") + between + ports + arrayOf("-w", "5"),
        arrayOf("-p", "udp") + between + arrayOf("--sport", "11", "--dport", "20", "--orig-zone", "6"),
        arrayOf("-p", "sctp", "--state", "ESTABLISHED", "--orig-vtag", "1", "--reply-vtag", "2") + between + ports,
        arrayOf("-p", "gre", "--srckey", "10", "--dstkey", "43981") + between,
        arrayOf("-p", "icmp") + between + arrayOf("--icmp-type", "8", "--icmp-code", "0", "--icmp-id", "77"),
        arrayOf("-p", "99") + between,
    )) {
        netns.inside("conntrack", "-I", *more)
    }
}

class ConntrackLiveSpec :
    FunSpec({
        test("the table is listed line by line as conntrack(8) lists it").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                populate(netns)
                for (output in listOf("extended", "extended,id,ktimestamp", "id")) {
                    val peer = lines(netns.inside("conntrack", "-L", "-o", output))
                    val ran = run(nfkitCommand + listOf("conntrack", "--netns", netns.name, "-L", "-o", output))
                    ran.code shouldBe 0
                    lines(ran.out).map(::timeless) shouldContainExactlyInAnyOrder peer.map(::timeless)
                    peer.size shouldBeGreaterThan 11
                    ran.err shouldBe "nfkit conntrack: ${peer.size} flow entries have been shown.\n"
                }
            }
        }

        test("filters select the same entries as those of conntrack(8)").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                populate(netns)
                val filters =
                    listOf(
                        "-p tcp",
                        "-f ipv6",
                        "-s 192.0.2.0/24",
                        "-d 198.51.100.2 -p udp",
                        "-r 198.51.100.2",
                        "-q 203.0.113.3",
                        "-p udp --dport 20",
                        "-p udp --reply-port-dst 77",
                        "-p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77",
                        "-p tcp --state ESTABLISHED",
                        "-u ASSURED",
                        "-u SEEN_REPLY",
                        "-m 7",
                        "-m 0x3/0x3",
                        "-w 5",
                        "-n",
                        "-n 203.0.113.3",
                        "-g",
                        "-j",
                        "-s 10.0.0.1",
                    )
                for (filter in filters) {
                    val words = filter.split(' ').toTypedArray()
                    val peer = lines(netns.inside("conntrack", "-L", "-o", "id", *words))
                    val ours = lines(conntrack(netns, "-L", "-o", "id", *words).out)
                    io.kotest.assertions.withClue(filter) {
                        ours.map(::timeless) shouldContainExactlyInAnyOrder peer.map(::timeless)
                    }
                }
            }
        }

        test("an entry is created, found, changed and removed").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.track()
                val ports = arrayOf("--sport", "10", "--dport", "20")
                val tuple = arrayOf("-p", "tcp", "-s", "fd00::1", "-d", "fd00::2", *ports)
                val made = arrayOf("-I", *tuple, "--state", "SYN_SENT", "-t", "600", "-m", "7", "--label-add", "3,9")
                conntrack(netns, *made).err shouldBe "nfkit conntrack: 1 flow entries have been created.\n"
                val again = conntrack(netns, *made)
                again.code shouldBe 1
                again.err shouldContain "there is such an entry already"

                val found = conntrack(netns, "-G", *tuple, "-o", "labels")
                found.code shouldBe 0
                found.out shouldContain Regex("^tcp +6 \\d+ SYN_SENT src=fd00::1 .* mark=7 use=\\d+ labels=3,9\n$")

                val changed =
                    conntrack(netns, "-U", "-s", "fd00::/8", "-m", "0x10/0xf0", "--label-del", "3", "-o", "labels")
                changed.code shouldBe 0
                changed.out shouldEndWith "labels=9\n"
                changed.out shouldContain "mark=23 "
                changed.err shouldBe "nfkit conntrack: 1 flow entries have been updated.\n"
                conntrack(netns, "-U", "-s", "fd01::/16", "-m", "1").code shouldBe 1

                conntrack(netns, "-C").out shouldBe "1\n"
                val removed = conntrack(netns, "-D", "-m", "23", "-l", "9")
                removed.code shouldBe 0
                removed.out shouldStartWith "tcp      6 "
                removed.err shouldBe "nfkit conntrack: 1 flow entries have been deleted.\n"
                conntrack(netns, "-D", "-m", "23").code shouldBe 1
                val gone = conntrack(netns, "-G", *tuple)
                gone.code shouldBe 1
                gone.err shouldContain "there is no such connection"
                gone.messages shouldHaveSize 1
            }
        }

        test("saved entries are recreated from a file, with translation, zones, marks and states")
            .config(enabledOrReasonIf = live) {
                Netns().use { netns ->
                    populate(netns)
                    val before = lines(conntrack(netns, "-L", "-o", "extended").out).map(::lasting)
                    val saved = conntrack(netns, "-L", "-o", "save").out
                    val peer = lines(netns.inside("conntrack", "-L", "-o", "save"))
                    lines(saved).map(::asPeerSaves) shouldContainExactlyInAnyOrder peer.map(::asPeerSaves)
                    conntrack(netns, "-F").code shouldBe 0
                    val file = tempfile()
                    file.writeText("# saved\n$saved")
                    val loaded = conntrack(netns, "-R", "$file")
                    loaded.err shouldBe "nfkit conntrack: ${before.size} commands have been carried out.\n"
                    loaded.code shouldBe 0
                    lines(conntrack(netns, "-L", "-o", "extended").out).map(::lasting) shouldContainExactlyInAnyOrder
                        before
                    // Again: existing entries are updated, but not those with a translation.
                    file.writeText(lines(saved).filter { " -n " !in it }.joinToString("\n"))
                    conntrack(netns, "-R", "$file").code shouldBe 0
                    val create = "-I -p 99 -s 192.0.2.1 -d 198.51.100.2 -t 9"
                    file.writeText("-D -p 99\n$create\n\n# again\n$create\n-F\n")
                    val refused = conntrack(netns, "-R", "$file")
                    refused.code shouldBe 1
                    refused.err shouldContain "$file, line 5: "
                    conntrack(netns, "-C").out shouldBe "${before.size}\n"
                }
            }

        test("XML is that of conntrack(8)").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                populate(netns)
                for (output in listOf("xml", "xml,ktimestamp")) {
                    val peer = lines(netns.inside("conntrack", "-L", "-o", output))
                    val ours = lines(conntrack(netns, "-L", "-o", output).out)
                    ours.first() shouldBe peer.first()
                    ours.last() shouldBe peer.last()
                    // The peer prints the names of TCP states for SCTP states.
                    val compared = { line: String -> "sctp" !in line }
                    ours.filter(compared).map(::timelessXml) shouldContainExactlyInAnyOrder
                        peer.filter(compared).map(::timelessXml)
                    ours.single { "sctp" in it } shouldContain "<state>ESTABLISHED</state>"
                }
                lines(conntrack(netns, "-L", "-o", "xml", "-p", "98").out) shouldBe
                    listOf("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<conntrack>", "</conntrack>")
            }
        }

        test("status bits are added, states changed, and unchanged entries are skipped")
            .config(enabledOrReasonIf = live) {
                Netns().use { netns ->
                    netns.track()
                    val tuple = "-p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20".split(' ').toTypedArray()
                    val made = arrayOf(*tuple, "--state", "LISTEN", "-u", "SEEN_REPLY,ASSURED", "-t", "600")
                    conntrack(netns, "-A", *made).err shouldBe "nfkit conntrack: 1 flow entries have been added.\n"
                    conntrack(netns, "-A", *made, "-m", "3").code shouldBe 0
                    val fixed = conntrack(netns, "-U", *tuple, "-u", "FIXED_TIMEOUT", "--state", "ESTABLISHED")
                    fixed.code shouldBe 0
                    fixed.out shouldContain Regex("^tcp +6 \\d+ ESTABLISHED .*\\[ASSURED] mark=3 ")
                    conntrack(netns, "-U", *tuple, "-u", "ASSURED", "-m", "3").code shouldBe 1
                    netns.inside("conntrack", "-L", "-o", "save") shouldContain "-u SEEN_REPLY,ASSURED,FIXED_TIMEOUT "
                    conntrack(netns, "-D", "-s", "1.1.9.1", "--mask-src", "255.255.0.255").code shouldBe 0

                    conntrack(netns, "-I", *tuple, "--state", "CLOSE", "-t", "600", "--reply-zone", "3").code shouldBe 0
                    netns.inside("conntrack", "-L") shouldContain "zone-reply=3 "
                    conntrack(netns, "-L", "-s", "1.1.1.4/24").out shouldContain "zone-reply=3 "
                    conntrack(netns, "-D", "--reply-zone", "3", "-u", "!ASSURED,UNREPLIED").code shouldBe 0

                    val sctp = "-p sctp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20".split(' ').toTypedArray()
                    val tags = arrayOf("--orig-vtag", "5", "--reply-vtag", "4294967295")
                    conntrack(netns, "-I", *sctp, *tags, "--state", "CLOSED", "-t", "600").code shouldBe 0
                    conntrack(netns, "-U", *sctp, "--state", "ESTABLISHED").code shouldBe 0
                    conntrack(netns, "-L", "-o", "save").out shouldContain
                        "--state ESTABLISHED --orig-vtag 5 --reply-vtag 4294967295"
                    conntrack(netns, "-I", "-p", "igmp", "-s", "0.0.0.0", "-d", "224.0.0.22", "-t", "60").code shouldBe
                        0
                    conntrack(netns, "-L", "-p", "2").out shouldContain "src=0.0.0.0 dst=224.0.0.22 [UNREPLIED]"
                }
            }

        test("counters are set to 0, tables flushed, and statistics are the peer's").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                populate(netns)
                val counted = lines(conntrack(netns, "-L", "-p", "icmp", "-z").out).single { "127.0.0.1" in it }
                counted shouldContain "packets=1 bytes=84 src="
                lines(conntrack(netns, "-L", "-p", "icmp").out).single { "127.0.0.1" in it } shouldContain
                    "packets=0 bytes=0 src="
                conntrack(netns, "-S").out shouldBe netns.inside("conntrack", "-S")
                conntrack(netns, "-S", "expect").out shouldBe netns.inside("conntrack", "-S", "expect")
                conntrack(netns, "-L", "expect").err shouldBe "nfkit conntrack: 0 expectations have been shown.\n"
                conntrack(netns, "-C", "expect", "--json").out shouldContain ",\"entries\":0}\n"
                lines(conntrack(netns, "-S", "--json").out).size shouldBe lines(conntrack(netns, "-S").out).size
                lines(conntrack(netns, "-S", "expect", "--json").out).map(::parseJson).first()["cpu"] shouldBe 0L
                lines(conntrack(netns, "-L", "--json").out).map { parseJson(it)["kind"] }.toSet() shouldBe
                    setOf("connection")
                val count = netns.inside("conntrack", "-C").trim()
                val json = parseJson(conntrack(netns, "-C", "--json").out.trim())
                json["entries"] shouldBe count.toLong()
                conntrack(netns, "-F").err shouldContain "emptied"
                conntrack(netns, "-C").out shouldBe "0\n"
            }
        }

        test(
            "missing privileges for a namespace's table are reported in one line with code 2",
        ).config(enabledOrReasonIf = live) {
            val ran =
                run(
                    listOf("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin") + nfkitCommand +
                        listOf("conntrack", "-L"),
                )
            ran.code shouldBe 2
            ran.messages shouldHaveSize 1
            ran.err shouldContain "CAP_NET_ADMIN"
        }
    })
