// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.agent;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;

/**
 * The account of a host's connections, from when its spool was made on, also over restarts of the agent. Each connection
 * that the kernel made is in one place:
 *
 * <pre>{@code
 *  made  =  open  +  last records  +  unseen
 *
 *  made          the kernel's counter + base
 *  open          in the table (FlowStatistics.open and untracked)
 *  last records  put into the spool since it was made (KafkaFlows.spooledEnds)
 *  unseen        reported as losses without a record: FlowLoss.unseen of SOCKET and METER_ABSENT, and ends that could not
 *                be put into the spool (SPOOL)
 *
 *     counter        agent runs        |   no agent    |      agent runs
 *     installed   .--------------------|               |-------------------------> time
 *        |        | events: records    | no events     | absent = made - open - last records - unseen
 *        v        v                    v               v
 *   base: open when the account began       made and ended here, or open before and ended here
 * }</pre>
 *
 * <p>When an account begins, its {@code base} makes the equation true: the connections that are open then belong to it, what
 * was before does not. When an agent begins again, the difference is the number of connections whose end no record shows:
 * those that were made and ended meanwhile, and those that were open when the agent ended. That is the loss METER_ABSENT.
 * Connections that are still open are in neither: a later record reports their end, also {@code LOST_SIGHT} ones.
 *
 * <p>If the counter is another one (its table was removed, or the machine started again), what happened between is not
 * known. The account goes on from there with a new base, and a loss without numbers is reported.
 *
 * <p>The account is a file beside the spool, which is replaced as a whole. A loss is noted in it before it is put into the
 * spool, with the number of ledger entries until then: after {@code SIGKILL} that number shows whether the loss is in the spool.
 */
final class HostAccount {
    private final Path file;
    private String counter = "";
    private long base;
    private long unseen;
    private long ledgerEntries;
    private long pending;
    private long alive;

    private HostAccount(Path file) {
        this.file = file;
    }

    /**
     * Reads an account.
     *
     * @param file the file, which may not exist
     * @param ledgerEntries the ledger entries in the spool
     * @return the account
     * @throws IOException if the file cannot be read or is no account
     */
    static HostAccount open(Path file, long ledgerEntries) throws IOException {
        HostAccount account = new HostAccount(file);
        if (Files.exists(file)) {
            Properties text = new Properties();
            try {
                text.load(new StringReader(Files.readString(file)));
                account.counter = text.getProperty("counter", "");
                account.base = number(text, "base");
                account.unseen = number(text, "unseen");
                account.ledgerEntries = number(text, "ledger-entries");
                account.pending = number(text, "pending");
                account.alive = number(text, "alive");
            } catch (IllegalArgumentException e) {
                throw new IOException(file + " is no account of an agent: " + e.getMessage(), e);
            }
        }
        if (ledgerEntries > account.ledgerEntries) {
            account.unseen += account.pending;
        }
        account.pending = 0;
        return account;
    }

    private static long number(Properties text, String name) {
        return Long.parseLong(text.getProperty(name, "absent"));
    }

    /** Whether the account goes on from an earlier agent. */
    boolean isNew() {
        return counter.isEmpty();
    }

    /** Whether the kernel's counter is the one that this account has counted with. */
    boolean counts(String id) {
        return counter.equals(id);
    }

    /** When an agent last wrote it, in nanoseconds since 1970. */
    long alive() {
        return alive;
    }

    /** The connections of the account, by a number of the kernel's counter. */
    long made(long counted) {
        return counted + base;
    }

    /** What the account knows of, besides open connections and last records. */
    long unseen() {
        return unseen;
    }

    /** Makes the equation true with a counter that begins or was replaced. */
    void begin(String id, long counted, long accounted) {
        counter = id;
        base = accounted - counted;
    }

    /** Changes the base by a number of connections that are known not to belong to the account. */
    void correct(long number) {
        base += number;
    }

    /** A loss is about to be put into the spool. */
    void losing(long number, long entries) throws IOException {
        pending = number;
        ledgerEntries = entries;
        write();
    }

    /** The loss is in the spool. */
    void lost(long entries) throws IOException {
        unseen += pending;
        pending = 0;
        ledgerEntries = entries;
        write();
    }

    /** The agent runs at this time. */
    void alive(long epochNanos, long entries) throws IOException {
        alive = epochNanos;
        ledgerEntries = entries;
        write();
    }

    /** Adds ends that are reported in another way. */
    void add(long number) {
        unseen += number;
    }

    private void write() throws IOException {
        Properties text = new Properties();
        text.setProperty("counter", counter);
        text.setProperty("base", Long.toString(base));
        text.setProperty("unseen", Long.toString(unseen));
        text.setProperty("ledger-entries", Long.toString(ledgerEntries));
        text.setProperty("pending", Long.toString(pending));
        text.setProperty("alive", Long.toString(alive));
        StringWriter written = new StringWriter();
        text.store(written, null);
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(next, written.toString());
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
