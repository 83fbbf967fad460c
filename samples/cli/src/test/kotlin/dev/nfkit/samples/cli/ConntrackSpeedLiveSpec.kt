package dev.nfkit.samples.cli

import dev.nfkit.Bytes
import dev.nfkit.conntrack.Conntrack
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.NewConnection
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.linux.NetworkNamespace
import dev.nfkit.packet.AddressText
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.doubles.shouldBeLessThan
import java.io.File
import java.io.FileOutputStream
import java.net.InetAddress
import java.nio.ByteBuffer
import java.time.Duration

private const val ENTRIES = 100_000
private const val WARM_UP = 8
private const val ROUNDS = 9
private const val ALLOWED = 1.2

private fun host(number: Int): InetAddress =
    InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(0x0a00_0000 or number).array())

private fun fill(table: Conntrack) {
    val server = AddressText.toInetAddress(Bytes.of(192.toByte(), 0, 2, 1), 0, 4)
    for (number in 0 until ENTRIES) {
        val tuple = ConntrackTuple.udp(host(number), 1024 + number % 60_000, server, 53)
        table.create(NewConnection.of(tuple, Duration.ofHours(1)).mark(number.toLong()))
    }
}

private inline fun millis(action: () -> Unit): Double {
    val start = System.nanoTime()
    action()
    return (System.nanoTime() - start) / 1e6
}

class ConntrackSpeedLiveSpec :
    FunSpec({
        test("100,000 entries are written to /dev/null about as fast as conntrack(8) writes them").config(
            enabledOrReasonIf = live,
        ) {
            Room().use { room ->
                room.track()
                val command = listOf("ip", "netns", "exec", room.name, "conntrack", "-L", "-o", "extended")
                val nowhere = File("/dev/null")
                val peer = ProcessBuilder(command).redirectOutput(nowhere).redirectError(nowhere)
                val transport = LinuxTransport.of(NetworkNamespace.named(room.name))
                Conntrack.open(transport).use { table ->
                    fill(table)
                    FileOutputStream(nowhere).use { sink ->
                        val lines =
                            ConntrackLines(ConntrackColumns(true, false, false, null, false), ConntrackClock.EPOCH)
                        val selection =
                            EntrySelection.of(
                                TupleArguments(),
                                EntryArguments(),
                                NatArguments(),
                                LabelNames(listOf()),
                            )
                        val reading = ConntrackReading(table, ConntrackOutput(lines, TextOutput(sink), false))
                        val ours = { millis { reading.list(ConntrackTable.CONNTRACK, selection, false) } }
                        val theirs = { millis { peer.start().waitFor() } }
                        repeat(WARM_UP) { ours() }
                        theirs()
                        // The machine has other work: the best of each is what the work itself takes.
                        val rounds = List(ROUNDS) { ours() to theirs() }
                        val mine = rounds.minOf { it.first }
                        val best = rounds.minOf { it.second }
                        println("100,000 entries as text: nfkit %.0f ms, conntrack %.0f ms".format(mine, best))
                        mine / best shouldBeLessThan ALLOWED
                    }
                }
            }
        }
    })
