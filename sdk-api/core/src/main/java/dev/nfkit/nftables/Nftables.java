package dev.nfkit.nftables;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.BatchTooLargeException;
import dev.nfkit.Errno;
import dev.nfkit.GenerationMovedException;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.SystemCallException;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.session.BatchAnswer;
import dev.nfkit.session.BatchExchange;
import dev.nfkit.session.Failures;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.session.TableRequests;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.Netlink;
import java.util.List;

/**
 * The ruleset of a network namespace: changed by atomic batches, and listed.
 *
 * <pre>{@code
 * TableId table = TableId.inet("nfkit");
 * try (Nftables nftables = Nftables.open(LinuxTransport.current())) {
 *     nftables.commit(new Batch().create(Table.owned(table)).create(Chain.regular(table, "mine")));
 *     nftables.list().chains(table).forEach(System.out::println);
 * } // the owned table disappears
 * }</pre>
 *
 * <p>{@linkplain Table#owned Owned tables} belong to this client: the kernel removes them when it is closed, also if the
 * process is killed.
 *
 * <p>Safe for any number of threads. Commits are executed one at a time, and so are listings, separately from commits: a sink
 * of a listing may commit a batch. Interrupting the thread does not end a call. All calls need {@code CAP_NET_ADMIN} in the user
 * namespace that owns the network namespace.
 *
 * <p>Follows {@code nf_tables_api.c} and {@code nfnetlink.c}.
 */
public final class Nftables implements AutoCloseable {
    private static final String RULESET = "ruleset";
    private static final String UNSUPPORTED = "this kernel has no nftables (CONFIG_NF_TABLES, module nf_tables)";
    private static final int DUMP_PARTS = 16;
    private static final int ANSWER_PARTS = 2;
    private static final int READINGS = 100;

    private final BatchExchange commits;
    private final TableRequests requests;
    private final TableRequests dumps;
    private final Explanations explanations;

    private Nftables(BatchExchange commits, TableRequests requests, TableRequests dumps, Explanations explanations) {
        this.commits = commits;
        this.requests = requests;
        this.dumps = dumps;
        this.explanations = explanations;
    }

    /**
     * Opens a client and sends a first request, so that missing privileges or missing support are detected at once.
     *
     * @param transport the network namespace
     * @return the client; the caller closes it
     * @throws KernelRefusedException if the capability is missing ({@link Refusal#NO_CAPABILITY}), or the kernel has no
     *     nftables ({@link Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if a socket cannot be opened
     */
    public static Nftables open(NetlinkTransport transport) throws NetlinkException {
        BatchExchange commits = SocketSetup.open(transport, socket -> {
            SocketSetup.explainRefusals(socket);
            return new BatchExchange(transport, socket);
        });
        TableRequests requests = null;
        TableRequests dumps = null;
        try {
            requests = TableRequests.open(transport, RULESET, ANSWER_PARTS);
            dumps = TableRequests.open(transport, RULESET, DUMP_PARTS);
            requests.probe("open the ruleset", MessageTypes.GETGEN, UNSUPPORTED);
            return new Nftables(commits, requests, dumps, new Explanations(transport.kernel()));
        } catch (Throwable e) {
            Failures.closeAfter(commits, e);
            if (requests != null) {
                Failures.closeAfter(requests, e);
            }
            if (dumps != null) {
                Failures.closeAfter(dumps, e);
            }
            throw e;
        }
    }

    /**
     * Applies a batch of changes: all of them, or none. The kernel handles it before the call returns; other threads' packets
     * meet the new ruleset from then on.
     *
     * @param batch the changes, at least one
     * @return the new state of the ruleset, and handles if the batch asks for them
     * @throws BatchRefusedException if the kernel refuses a change; it lists all refused ones, with their causes and cures
     * @throws GenerationMovedException if the batch is for another generation of the ruleset
     * @throws BatchTooLargeException if the batch exceeds the send buffer, which could not be made larger
     * @throws SystemCallException with ENOBUFS if the kernel's answers were lost, so that it is not known whether the batch was
     *     applied; or if the socket fails otherwise
     * @throws MalformedMessageException if an answer cannot be read; the batch may have been applied
     * @throws NetlinkException if the client is closed
     * @throws IllegalArgumentException if the batch is empty
     */
    public Commit commit(Batch batch) throws NetlinkException {
        List<Change> changes = batch.changes();
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("the batch has no changes");
        }
        String what = batch.toString();
        Echoes echoes = new Echoes();
        BatchAnswer answer = commits.send(
                what, Netlink.NFNL_SUBSYS_NFTABLES, batch.generation(), changes, batch.returnsHandles(), echoes);
        BatchAnswer.Refused first = answer.first();
        if (first == null) {
            return echoes.committed(this);
        }
        if (first.change() < 0 && first.reason().errno().equals(Errno.ERESTART)) {
            throw new GenerationMovedException(what, batch.generation().orElse(0));
        }
        throw explanations.refused(what, changes, answer);
    }

    /**
     * Reads the ruleset.
     *
     * @return what lists it; each call of it reads the present state
     */
    public Listing list() {
        return new Listing(new Dumps(requests, dumps));
    }

    /**
     * Reads several parts of the ruleset in one state: if it changes meanwhile, all are read again.
     *
     * @param reading reads the parts
     * @return its result
     * @throws NetlinkException as the reading throws; {@link SystemCallException} with EAGAIN if the ruleset changed during each
     *     of 100 attempts
     * @throws E as the reading throws
     * @param <R> the result
     * @param <E> what the reading may throw
     */
    public <R, E extends Exception> R consistent(Reading<R, E> reading) throws NetlinkException, E {
        for (int i = 0; i < READINGS; i++) {
            Dumps attempt = new Dumps(requests, dumps);
            Listing listing = new Listing(attempt);
            Generation before = listing.generation();
            R result = reading.read(listing, before);
            if (attempt.interruptions() == 0 && listing.generation().id() == before.id()) {
                return result;
            }
        }
        throw new SystemCallException(
                "read the ruleset",
                Errno.EAGAIN,
                "other processes changed it during each of " + READINGS + " attempts");
    }

    /**
     * The address of the socket that commits, which is that of the owner of this client's tables ({@link Table#owner()}).
     *
     * @return the port id, 1 to 2³²−1
     */
    public long portId() {
        return commits.portId();
    }

    /**
     * Closes the client. The kernel removes its owned tables with all they contain, except those with {@link
     * TableFlag#PERSIST}. If one of them has a base chain, that drops the packets that wait in all queues of the network
     * namespace: see {@link Chain}. Calls in progress fail. Any thread; idempotent.
     */
    @Override
    public void close() {
        Throwable failure = null;
        for (AutoCloseable part : List.of(commits, requests, dumps)) {
            try {
                part.close();
            } catch (Exception | Error e) {
                failure = Failures.join(failure, e);
            }
        }
        Failures.rethrow(failure);
    }
}
