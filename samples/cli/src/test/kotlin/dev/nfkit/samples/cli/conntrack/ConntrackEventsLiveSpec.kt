// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack

import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Running
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class ConntrackEventsLiveSpec :
    FunSpec({
        test("events of a flow are printed as conntrack(8) prints them").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.track()
                val filter = arrayOf("-p", "udp", "-o", "id", "-e", "NEW,DESTROY")
                val ran =
                    Running("listening", "conntrack", "--netns", netns.name, "-E", *filter).use { nfkit ->
                        val peer = ProcessBuilder("ip", "netns", "exec", netns.name, "conntrack", "-E", *filter).start()
                        // The peer prints nothing when it starts: it listens once it has printed an event.
                        val seen = mutableListOf<String>()
                        val reader =
                            Thread { peer.inputStream.reader().forEachLine { synchronized(seen) { seen += it } } }
                        reader.start()
                        await("the peer to listen") {
                            netns.udp(1, port = 7000)
                            synchronized(seen) { seen.isNotEmpty() }
                        }
                        netns.inside("ping", "-c", "1", "-q", "127.0.0.1")
                        netns.udp(3, port = 7777)
                        netns.inside("conntrack", "-D", "-p", "udp", "--dport", "7777")
                        await("the peer to print all") {
                            synchronized(seen) { seen.count { "[DESTROY]" in it && "dport=7777" in it } == 3 }
                        }
                        await("all events to be printed") {
                            lines(nfkit.printed()).count { "[DESTROY]" in it && "dport=7777" in it } == 3
                        }
                        peer.destroy()
                        reader.join()
                        // The name of the process that removed an entry is found only while it runs.
                        val theirs = seen.filter { "dport=7777 " in it }.map { it.substringBefore(" [USERSPACE]") }
                        theirs shouldHaveSize 6
                        val ours = lines(nfkit.printed()).filter { "dport=7777 " in it }
                        ours.map { timeless(it).substringBefore(" [USERSPACE]") } shouldContainExactlyInAnyOrder
                            theirs.map(::timeless)
                        for (line in ours) {
                            (" [USERSPACE] portid=" in line) shouldBe ("[DESTROY]" in line)
                        }
                        nfkit.signal("INT")
                    }
                ran.code shouldBe 0
                lines(ran.out).filter { "icmp" in it }.shouldBeEmpty()
                ran.err shouldContain Regex("(\\d+) flow events have been shown; \\1 received, 0 lost\\.")
            }
        }

        test("an overrun is printed in its place, and the lost events are counted").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.track()
                val args = arrayOf("conntrack", "--netns", netns.name, "-E", "-b", "4096", "--json", "-e", "NEW")
                val ran =
                    Running("listening", *args).use { nfkit ->
                        run("kill", "-STOP", "${nfkit.process.pid()}")
                        netns.udp(200, port = 7777)
                        run("kill", "-CONT", "${nfkit.process.pid()}")
                        await("the overrun") { "overrun" in nfkit.printed() }
                        nfkit.signal("TERM")
                    }
                ran.code shouldBe 0
                val events = lines(ran.out).map(::parseJson)
                val lost = events.filter { it["event"] == "overrun" }.sumOf { it["lost"] as Long }
                // The 200 packets may belong to fewer connections: two of them may have drawn the same port.
                events.count { it["event"] == "new" } + lost shouldBe
                    netns.inside("conntrack", "-C").trim().toLong()
                ran.err shouldContain "$lost lost in 1 overrun"
            }
        }
    })
