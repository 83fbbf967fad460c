// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.BatchTooLargeException;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.SystemCallException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Chain;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Table;
import dev.nfkit.nftables.TableId;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.io.File;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of tests that runs in a separate process. It prints a line when it is ready, and ends when its input does.
 */
final class Probe {
    private Probe() {}

    private static NfqueueOptions queue(String number) {
        return NfqueueOptions.builder().queue(Integer.parseInt(number)).build();
    }

    /** Opens sockets with a little more memory each time, until one can be opened. */
    private static void littleMemory(LinuxTransport transport) throws Exception {
        transport.open(Netlink.NETLINK_NETFILTER).close();
        List<ByteBuffer> steps = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            steps.add(ByteBuffer.allocateDirect(24));
        }
        List<ByteBuffer> all = new ArrayList<>(4096);
        for (int size = 1 << 16; size > 0; size /= 16) {
            fill(all, size);
        }
        int before = descriptors();
        int failed = 0;
        boolean opened = false;
        while (!opened && !steps.isEmpty()) {
            steps.remove(steps.size() - 1);
            try {
                transport.open(Netlink.NETLINK_NETFILTER).close();
                opened = true;
            } catch (OutOfMemoryError e) {
                failed++;
            }
        }
        System.out.println("failed " + (failed > 2) + ", opened " + opened + ", left " + (descriptors() - before));
    }

    private static void fill(List<ByteBuffer> all, int size) {
        try {
            while (true) {
                all.add(ByteBuffer.allocateDirect(size));
            }
        } catch (OutOfMemoryError e) {
            // No memory of this size is left.
        }
    }

    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? -1 : open.length;
    }

    public static void main(String[] arguments) throws Exception {
        LinuxTransport transport = LinuxTransport.current();
        switch (arguments[0]) {
            case "net-admin" -> System.out.println(transport.kernel().netAdmin());
            case "open" -> {
                try {
                    transport.open(Netlink.NETLINK_NETFILTER).close();
                } catch (SystemCallException e) {
                    System.out.println(e.getMessage());
                }
                // The second attempt must not be worse than the first.
                try {
                    transport.open(Netlink.NETLINK_NETFILTER).close();
                } catch (SystemCallException e) {
                    System.out.println(e.getMessage());
                }
            }
            case "namespace" -> {
                try (var made = TemporaryNamespace.create()) {
                    System.out.println("made " + made);
                } catch (SystemCallException e) {
                    System.out.println(e.getMessage());
                }
            }
            case "little-memory" -> littleMemory(transport);
            case "receive-buffer" -> {
                try (var socket = transport.open(Netlink.NETLINK_NETFILTER)) {
                    socket.set(SocketOption.RECEIVE_BUFFER, Integer.parseInt(arguments[1]));
                    System.out.println(socket.get(SocketOption.RECEIVE_BUFFER));
                }
            }
            case "own-group" -> {
                try (var socket = transport.open(Netlink.NETLINK_NETFILTER)) {
                    int group = Integer.parseInt(arguments[1]);
                    socket.send(new MessageWriter(256, socket.order())
                            .begin(0x401, Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK, 1)
                            .nfgenmsg(0, group)
                            .u8(1, 1)
                            .end()
                            .datagram());
                    DatagramBatch batch = new DatagramBatch(1, 4096);
                    socket.receive(batch, -1);
                    System.out.println(socket.portId());
                    int end = System.in.read();
                }
            }
            case "own-queue" -> {
                try (var session = NfqueueSession.open(transport, queue(arguments[1]))) {
                    System.out.println(session.ended() ? "ended" : "open");
                } catch (KernelRefusedException e) {
                    System.out.println(e.getMessage());
                }
            }
            case "hold" -> {
                int count = Integer.parseInt(arguments[2]);
                List<QueuedPacket> held = new ArrayList<>();
                try (var session = NfqueueSession.open(transport, queue(arguments[1]))) {
                    System.out.println("open");
                    while (held.size() < count) {
                        session.poll(
                                packet -> {
                                    held.add(packet.hold());
                                    return Verdict.HELD;
                                },
                                Duration.ofSeconds(1));
                    }
                    System.out.println("holding " + held.size());
                    int end = System.in.read();
                }
            }
            case "table" -> {
                try (var table = Conntrack.open(transport)) {
                    System.out.println("open " + table.statistics());
                } catch (KernelRefusedException e) {
                    System.out.println(e.refusal() + " " + e.getMessage());
                }
            }
            case "own-table" -> {
                TableId id = TableId.inet(arguments[1]);
                try (var nftables = Nftables.open(transport)) {
                    nftables.commit(new Batch().create(Table.owned(id)).create(Chain.regular(id, "c")));
                    System.out.println("open");
                    int end = System.in.read();
                } catch (KernelRefusedException e) {
                    System.out.println(e.refusal() + " " + e.getMessage());
                }
            }
            case "session-rule" -> {
                var options =
                        NflogOptions.builder().group(30).rule(arguments[1]).build();
                try (var session = NflogSession.open(transport, options)) {
                    System.out.println("open");
                    int end = System.in.read();
                }
            }
            case "large-batch" -> {
                int count = Integer.parseInt(arguments[1]);
                TableId id = TableId.inet("nfkit");
                Batch batch = new Batch().create(Table.shared(id));
                for (int i = 0; i < count; i++) {
                    batch.create(Chain.regular(id, "chain" + i));
                }
                try (var nftables = Nftables.open(transport)) {
                    try {
                        nftables.commit(batch);
                        System.out.println("applied");
                    } catch (BatchTooLargeException e) {
                        System.out.println(e.size() + " " + e.limit() + " " + e.getMessage());
                    }
                    System.out.println(nftables.list().tables().size());
                }
            }
            case "process" -> {
                InetAddress loopback = InetAddress.getByName("127.0.0.1");
                try (var processes = LinuxProcesses.open(transport)) {
                    System.out.println(processes.resolve(ConntrackTuple.tcp(
                            loopback, Integer.parseInt(arguments[1]), loopback, Integer.parseInt(arguments[2]))));
                }
            }
            case "events" -> {
                try (var events = ConntrackEvents.open(
                        transport, ConntrackEventOptions.builder().build())) {
                    System.out.println("open " + events.statistics());
                } catch (KernelRefusedException e) {
                    System.out.println(e.refusal() + " " + e.getMessage());
                }
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }
}
