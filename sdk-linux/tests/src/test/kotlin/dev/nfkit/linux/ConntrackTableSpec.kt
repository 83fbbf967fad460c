// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.SystemCallException
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.NatRange
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.table.Conntrack
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.BitSet

class ConntrackTableSpec :
    FunSpec({
        test("a created connection is found by both its tuples, with all its attributes")
            .config(enabledOrReasonIf = needsNamespaces) {
                withTable { table ->
                    val tuple = tcp(40_000)
                    table.get(tuple).isPresent shouldBe false
                    table.create(
                        connection(tuple)
                            .mark(0x80000007)
                            .tcpState(TcpState.ESTABLISHED)
                            .status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED),
                    )
                    val found = table.get(tuple).get()
                    found.original() shouldBe tuple
                    found.reply() shouldBe tuple.inverted()
                    found.family() shouldBe AddressFamily.IPV4
                    found.mark() shouldBe 0x80000007L
                    found.protocolInfo().get().stateName() shouldBe "ESTABLISHED"
                    found.`is`(ConntrackStatus.CONFIRMED) shouldBe true
                    found.`is`(ConntrackStatus.ASSURED) shouldBe true
                    found.timeout() shouldBeInRange LONG.toSeconds() - BOUND_SECONDS..LONG.toSeconds()
                    found.zone() shouldBe 0
                    found.owned() shouldBe true
                    table.get(tuple.inverted()).get().id() shouldBe found.id()
                }
            }

        test(
            "tuples of other families, protocols and zones are distinguished",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                val icmp = ConntrackTuple.icmp(address("10.1.0.1"), address("10.1.0.2"), 77, 8, 0)
                val icmp6 = ConntrackTuple.icmp(address("fd00::1"), address("fd00::2"), 78, 128, 0)
                val tuples = listOf(udp(4000), tcp(4000, 53), udp6(4000), icmp, icmp6)
                tuples.forEach { table.create(connection(it)) }
                table.create(connection(udp(4000)).zone(9).mark(9))
                table.all().map { it.original() to it.zone() } shouldContainExactlyInAnyOrder
                    tuples.map { it to 0 } + (udp(4000) to 9)
                table.get(icmp6).get().reply() shouldBe icmp6.inverted()
                table.get(udp(4000), 9).get().mark() shouldBe 9
                table.delete(udp(4000), 9) shouldBe true
                table.get(udp(4000)).isPresent shouldBe true
            }
        }

        test(
            "an update changes what it names under its mask, and nothing else",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                // A rule that matches labels makes space for them.
                exec(*"iptables -A OUTPUT -m connlabel --label 1 --set".split(' ').toTypedArray())
                val labels = BitSet().apply { listOf(0, 33, 127).forEach { set(it) } }
                table.create(connection(udp(4000)).mark(0xab).labels(labels))
                table.get(udp(4000)).get().labels() shouldBe labels

                table.update(udp(4000), ConntrackUpdate.none().mark(0x50, 0xf0))
                table.get(udp(4000)).get().mark() shouldBe 0x5bL
                table.update(udp(4000).inverted(), ConntrackUpdate.none().timeout(Duration.ofSeconds(100_000)))
                table.get(udp(4000)).get().timeout() shouldBeGreaterThan 90_000

                val more = BitSet().apply { set(64) }
                val mask = BitSet().apply { listOf(33, 64).forEach { set(it) } }
                table.update(udp(4000), ConntrackUpdate.none().labels(more, mask))
                val all = BitSet().apply { listOf(0, 64, 127).forEach { set(it) } }
                table.get(udp(4000)).get().labels() shouldBe all

                val bits = ConntrackStatus.bits(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED)
                table.update(udp(4000), ConntrackUpdate.none().status(bits))
                val found = table.get(udp(4000)).get()
                found.`is`(ConntrackStatus.ASSURED) shouldBe true
                found.mark() shouldBe 0x5bL
                found.timeout() shouldBeGreaterThan 90_000
                val before = found.status()
                table.update(udp(4000), ConntrackUpdate.none().status(0))
                table.get(udp(4000)).get().status() shouldBe before
                table.update(udp(4000), ConntrackUpdate.none().status(ConntrackStatus.FIXED_TIMEOUT.bit()))
                table.get(udp(4000)).get().status() shouldBe (before or ConntrackStatus.FIXED_TIMEOUT.bit())
                val refused =
                    shouldThrow<KernelRefusedException> {
                        table.update(udp(4000), ConntrackUpdate.none().status(ConntrackStatus.EXPECTED.bit()))
                    }
                refused.errno() shouldBe Errno.EBUSY
            }
        }

        test(
            "the kernel translates as requested, and sets the reply tuple",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                table.create(connection(tcp(4000)).sourceNat(NatRange.to(address("192.0.2.1")).ports(6000, 6000)))
                val found = table.get(tcp(4000)).get()
                found.reply() shouldBe tcp(443, 6000, "10.1.0.2", "192.0.2.1")
                found.`is`(ConntrackStatus.SRC_NAT) shouldBe true
                table.get(found.reply()).get().id() shouldBe found.id()
            }
        }

        test("an existing or missing entry is refused with that reason").config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                table.create(connection(udp(4000)))
                for (again in listOf(connection(udp(4000)), connection(udp(4001)).reply(udp(4000).inverted()))) {
                    val exists = shouldThrow<KernelRefusedException> { table.create(again) }
                    exists.refusal() shouldBe Refusal.EXISTS
                    exists.errno() shouldBe Errno.EEXIST
                    exists.message shouldContain "create connection udp src=10.1.0.1"
                }
                val missing =
                    shouldThrow<KernelRefusedException> { table.update(udp(5000), ConntrackUpdate.none().mark(1)) }
                missing.refusal() shouldBe Refusal.NOT_FOUND
                missing.errno() shouldBe Errno.ENOENT
                table.delete(udp(5000)) shouldBe false
                table.all().size shouldBe 1
            }
        }

        test("an entry is deleted only as the same connection").config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                table.create(connection(udp(4000)))
                val first = table.get(udp(4000)).get()
                table.delete(udp(4000)) shouldBe true
                table.delete(udp(4000)) shouldBe false
                // The id depends on the entry's address in memory too: after other entries were created it differs.
                (1..64).forEach { table.create(connection(udp(it))) }
                table.create(connection(udp(4000)))
                val second = table.get(udp(4000)).get()
                second.id() shouldNotBe first.id()
                table.delete(first) shouldBe false
                table.get(udp(4000)).isPresent shouldBe true
                table.delete(second) shouldBe true
            }
        }

        test(
            "a flush of a family keeps the other, and a flush keeps nothing",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                table.create(connection(udp(1)))
                table.create(connection(udp6(2)))
                table.flush(AddressFamily.IPV4)
                table.all().map { it.original() } shouldBe listOf(udp6(2))
                table.create(connection(udp(1)))
                table.flush(AddressFamily.IPV6)
                table.all().map { it.original() } shouldBe listOf(udp(1))
                table.create(connection(udp6(2)))
                table.flush()
                table.all() shouldBe emptyList()
            }
        }

        test(
            "all entries that a filter matches are deleted, and their number is returned",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                for (port in 1..300) {
                    table.create(connection(udp(port)).mark(port % 3L))
                }
                table.deleteAll(ConntrackFilter.all().mark(2)) shouldBe 100
                table.all().map { it.mark() }.toSet() shouldBe setOf(0L, 1L)
                table.deleteAll(ConntrackFilter.all()) shouldBe 200
                table.all() shouldBe emptyList()
            }
        }

        test("counters are those of the traffic, and restart at zero when they are reset")
            .config(enabledOrReasonIf = needsNamespaces) {
                withTable { table ->
                    tune("nf_conntrack_acct", 1)
                    val flow = udp(4000, 4001, "127.0.0.1", "127.0.0.1")
                    iptables("-A INPUT -p udp -j DROP") // otherwise this host answers with ICMP
                    repeat(3) { sendUdp(4000, 4001) }
                    sendUdp(4002, 4001)

                    fun packets(port: Int) =
                        table.get(udp(port, 4001, "127.0.0.1", "127.0.0.1")).get().let {
                            listOf(
                                it.packets(Direction.ORIGINAL),
                                it.bytes(Direction.ORIGINAL),
                                it.packets(Direction.REPLY),
                            )
                        }
                    packets(4000) shouldBe listOf(3L, 3 * 38L, 0L)
                    table.getAndResetCounters(flow, 0).get().packets(Direction.ORIGINAL) shouldBe 3
                    packets(4000) shouldBe listOf(0L, 0L, 0L)

                    table.update(flow, ConntrackUpdate.none().mark(5))
                    repeat(2) { sendUdp(4000, 4001) }
                    val counted = mutableListOf<Long>()
                    table.dumpAndResetCounters<RuntimeException>(ConntrackFilter.all().mark(5)) {
                        counted += it.packets(Direction.ORIGINAL)
                    }
                    counted shouldBe listOf(2L)
                    packets(4000) shouldBe listOf(0L, 0L, 0L)
                    packets(4002) shouldBe listOf(1L, 38L, 0L)
                }
            }

        test("statistics are the kernel's").config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                repeat(10) { table.create(connection(udp(it))) }
                val statistics = table.statistics()
                statistics.entries() shouldBe 10
                statistics.entries() shouldBe tuned("nf_conntrack_count")
                statistics.maxEntries() shouldBe tuned("nf_conntrack_max")
                val processors = table.cpuStatistics()
                processors.map { it.cpu() }.toSet().size shouldBe processors.size
                processors.size shouldBe exec("conntrack", "-S").lines().count { it.startsWith("cpu=") }
                table.expectations().cpuStatistics().size shouldBe processors.size
            }
        }

        test(
            "the dying and the unconfirmed connections can be listed, and may be empty",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                table.dumpUnconfirmed<RuntimeException> { }.delivered() shouldBe 0
                table.dumpDying<RuntimeException> { }.interrupted() shouldBe false
            }
        }

        for (client in listOf("table", "events")) {
            test("a client of the $client without the capability fails when it is opened")
                .config(enabledOrReasonIf = needsNetAdmin) {
                    val dropped = listOf("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
                    run(*probe(dropped, client).toTypedArray()) shouldContain "NO_CAPABILITY"
                }

            test("a client of the $client needs the capability in the namespace that owns the network, and no more")
                .config(enabledOrReasonIf = needsUserNamespaces) {
                    run(*probe(listOf("unshare", "-Ur"), client).toTypedArray()) shouldContain
                        "CAPABILITY_IN_OTHER_USER_NAMESPACE"
                    run(*probe(listOf("unshare", "-Urn"), client).toTypedArray()) shouldContain "open"
                }
        }

        test(
            "after its end a client fails as closed, however often it is closed",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withLoopback {
                val table = Conntrack.open(transport)
                table.close()
                table.close()
                shouldThrow<SystemCallException> { table.flush() }.errno() shouldBe Errno.EBADF
                shouldThrow<SystemCallException> { table.all() }.errno() shouldBe Errno.EBADF
            }
        }
    })
