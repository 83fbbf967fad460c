// SPDX-License-Identifier: Apache-2.0
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
import dev.nfkit.nftables.codec.Probe;
import dev.nfkit.session.BatchAnswer;
import dev.nfkit.session.BatchExchange;
import dev.nfkit.session.Failures;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.session.TableRequests;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.Netlink;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

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
    private static final int DUMP_PARTS = 16;
    private static final int ANSWER_PARTS = 2;
    private static final int READINGS = 100;
    private static final int ATTEMPTS = 20;

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
            requests = TableRequests.open(transport, Probe.TABLE, ANSWER_PARTS);
            dumps = TableRequests.open(transport, Probe.TABLE, DUMP_PARTS);
            Probe.send(requests);
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
        List<Change> changes = nonEmpty(batch);
        String what = batch.toString();
        Echoes echoes = new Echoes();
        BatchAnswer answer = commits.send(
                what, Netlink.NFNL_SUBSYS_NFTABLES, batch.generation(), changes, batch.returnsHandles(), echoes);
        BatchAnswer.Refused first = answer.first();
        if (first == null) {
            return echoes.committed(this);
        }
        if (isMoved(first)) {
            throw new GenerationMovedException(what, batch.generation().orElse(0));
        }
        throw explanations.refused(what, changes, answer);
    }

    /**
     * Checks whether the kernel takes a batch, and changes nothing: the kernel executes all changes, and takes them back
     * instead of committing them, as {@code nft -c} makes it.
     *
     * <pre>{@code
     * BatchCheck check = nftables.check(new Batch().add(Ruleset.parse(text))); // throws BatchRefusedException with line and column
     * }</pre>
     *
     * <p>What the kernel executes it does to the hooks too: {@code nft -c} with a new base chain registers the chain's hook and
     * unregisters it again, which drops the packets that wait in all queues of the network namespace, and until then a policy
     * {@code drop} applies. This check does neither. New tables, and those that sleep, are checked as dormant ones, and a new base
     * chain of another table as a regular chain. What the kernel therefore does not check, and what it does not check in new
     * tables anyway, the result names: {@link BatchCheck#partlyChecked()}.
     *
     * <p>Listeners get no events, the generation stays, and nothing that exists is changed. The kernel may load modules, and
     * the handles that it gave to what was taken back are not used again. {@link Batch#returnHandles()} has no effect.
     *
     * @param batch the changes, at least one
     * @return for which state of the ruleset the batch was checked, and what was not checked
     * @throws BatchRefusedException if the kernel refuses a change, as {@link #commit}
     * @throws GenerationMovedException if the batch is for another generation of the ruleset, or another process changed the
     *     ruleset during each of 20 attempts
     * @throws BatchTooLargeException as {@link #commit}
     * @throws SystemCallException with ENOBUFS if the kernel's answers were lost; or if the socket fails otherwise
     * @throws MalformedMessageException if an answer cannot be read
     * @throws NetlinkException as {@link #consistent}; if the client is closed
     * @throws IllegalArgumentException if the batch is empty
     */
    public BatchCheck check(Batch batch) throws NetlinkException {
        List<Change> changes = nonEmpty(batch);
        String what = "check" + batch.toString().substring("commit".length());
        for (int attempt = 1; ; attempt++) {
            UnhookedChanges unhooked =
                    consistent((listing, generation) -> UnhookedChanges.of(changes, listing, generation.id()));
            OptionalLong generation = batch.generation();
            if (generation.isEmpty()) {
                generation = OptionalLong.of(unhooked.generation());
            }
            BatchAnswer answer = commits.check(what, Netlink.NFNL_SUBSYS_NFTABLES, generation, unhooked.changes());
            if (answer.first() == null) {
                return new BatchCheck(unhooked.generation(), unhooked.partlyChecked());
            }
            if (!isMoved(answer.first())) {
                throw explanations.refused(what, changes, answer);
            }
            if (batch.generation().isPresent() || attempt == ATTEMPTS) {
                throw new GenerationMovedException(what, generation.getAsLong());
            }
        }
    }

    private static List<Change> nonEmpty(Batch batch) {
        List<Change> changes = batch.changes();
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("the batch has no changes");
        }
        return changes;
    }

    private static boolean isMoved(BatchAnswer.Refused refused) {
        return refused.change() < 0 && refused.reason().errno().equals(Errno.ERESTART);
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
     * Makes tables what they are in a desired ruleset, by changing only what differs, in one batch: see {@link
     * #reconcile(Ruleset, ReconcileOptions)}. No table is removed.
     *
     * @param desired the tables; others are not touched
     * @return what was changed
     * @throws NetlinkException as {@link #reconcile(Ruleset, ReconcileOptions)}
     * @throws IllegalArgumentException as {@link #reconcile(Ruleset, ReconcileOptions)}
     */
    public Reconciliation reconcile(Ruleset desired) throws NetlinkException {
        return reconcile(desired, ReconcileOptions.DEFAULT);
    }

    /**
     * Makes tables what they are in a desired ruleset, by changing only what differs, in one batch. If nothing differs, nothing
     * is sent, and the generation stays. If another process changes the ruleset meanwhile, it is read and compared again.
     *
     * <pre>{@code
     * Reconciliation result = nftables.reconcile(Ruleset.parse(Files.readString(file)));
     * System.out.print(result.difference().toText());
     * }</pre>
     *
     * <p><b>Chains</b> that are in both rulesets stay, so that no packet that waits in a queue is dropped; policies are changed in
     * place. A base chain at another hook, priority or device is removed and made again, which {@link
     * Difference.Command#dropsQueuedPackets()} reports and {@link ReconcileOptions#keepBaseChains()} refuses. <b>Rules</b> are
     * equal if nft lists them the same without what they counted; rules that are equal and in order keep their handles, counters
     * and other states. <b>Sets</b> with the same properties stay, and only elements that differ are added and deleted; times of
     * expiration are not compared. Sets with the flag {@code dynamic} or {@code timeout}, and those that are declared without
     * elements, keep elements that the desired ruleset does not contain, unless {@link ReconcileOptions#exactElements()} is
     * set. A set with other properties is made again. <b>Objects</b> keep their states; quotas are changed in place, and others
     * that differ are made again with what they counted. What refers to an object that is made again is written again with its
     * states. Comments of tables and base chains stay, and so do flow tables: {@link Difference#kept()}.
     *
     * @param desired the tables; others are not touched
     * @param options which tables are removed, and what must stay
     * @return what was changed
     * @throws BaseChainRemovalException if the options forbid to remove a base chain
     * @throws BatchRefusedException if the kernel refuses a change
     * @throws GenerationMovedException if another process changed the ruleset during each of 20 attempts
     * @throws NetlinkException as {@link #consistent} and {@link #commit}
     * @throws IllegalArgumentException if the desired ruleset contains a table twice, one that is to be removed, rules of a chain
     *     that it does not contain, or a flow table that is not installed
     */
    public Reconciliation reconcile(Ruleset desired, ReconcileOptions options) throws NetlinkException {
        Reconciler reconciler = new Reconciler(desired, options);
        for (int attempt = 1; ; attempt++) {
            Difference difference = consistent(reconciler::difference);
            if (difference.isEmpty()) {
                return new Reconciliation(difference, Optional.empty(), attempt);
            }
            reconciler.check(difference);
            try {
                return new Reconciliation(difference, Optional.of(commit(difference.batch())), attempt);
            } catch (GenerationMovedException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (BatchRefusedException e) {
                if (attempt == ATTEMPTS || !Reconciler.isOutdated(e, difference)) {
                    throw e;
                }
            }
        }
    }

    /**
     * Checks whether the kernel takes what {@link #reconcile(Ruleset, ReconcileOptions)} would change, and changes nothing: see
     * {@link #check(Batch)}.
     *
     * @param desired as for {@link #reconcile(Ruleset, ReconcileOptions)}
     * @param options as for {@link #reconcile(Ruleset, ReconcileOptions)}
     * @return the difference, and what of it was not checked
     * @throws BaseChainRemovalException if the options forbid to remove a base chain
     * @throws BatchRefusedException if the kernel refuses a change
     * @throws GenerationMovedException if another process changed the ruleset during each of 20 attempts
     * @throws NetlinkException as {@link #check(Batch)}
     * @throws IllegalArgumentException as {@link #reconcile(Ruleset, ReconcileOptions)}
     */
    public ReconciliationCheck check(Ruleset desired, ReconcileOptions options) throws NetlinkException {
        Reconciler reconciler = new Reconciler(desired, options);
        for (int attempt = 1; ; attempt++) {
            Difference difference = consistent(reconciler::difference);
            reconciler.check(difference);
            if (difference.isEmpty()) {
                return new ReconciliationCheck(difference, List.of());
            }
            try {
                return new ReconciliationCheck(
                        difference, check(difference.batch()).partlyChecked());
            } catch (GenerationMovedException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (BatchRefusedException e) {
                if (attempt == ATTEMPTS || !Reconciler.isOutdated(e, difference)) {
                    throw e;
                }
            }
        }
    }

    /**
     * Compares the installed ruleset with a desired one, and changes nothing.
     *
     * @param desired as for {@link #reconcile(Ruleset, ReconcileOptions)}
     * @param options as for {@link #reconcile(Ruleset, ReconcileOptions)}; {@link ReconcileOptions#keepsBaseChains()} does not
     *     matter
     * @return what {@link #reconcile(Ruleset, ReconcileOptions)} would change
     * @throws NetlinkException as {@link #consistent}
     * @throws IllegalArgumentException as {@link #reconcile(Ruleset, ReconcileOptions)}
     */
    public Difference difference(Ruleset desired, ReconcileOptions options) throws NetlinkException {
        return consistent(new Reconciler(desired, options)::difference);
    }

    /**
     * Compares the installed ruleset with a desired one, and changes nothing.
     *
     * @param desired as for {@link #reconcile(Ruleset)}
     * @return what {@link #reconcile(Ruleset)} would change
     * @throws NetlinkException as {@link #consistent}
     * @throws IllegalArgumentException as {@link #reconcile(Ruleset)}
     */
    public Difference difference(Ruleset desired) throws NetlinkException {
        return difference(desired, ReconcileOptions.DEFAULT);
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
