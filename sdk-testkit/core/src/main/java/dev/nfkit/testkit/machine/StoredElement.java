// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Data;
import dev.nfkit.nftables.bytecode.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An element of a set. Requires the clock's lock. */
public final class StoredElement {
    private static final long NANOS = 1_000_000;
    private static final byte[] NOTHING = {};

    private final byte[] key;
    private final byte @Nullable [] keyEnd;
    private final int flags;
    private final @Nullable Data data;
    private final @Nullable CodeChain target;
    private final @Nullable StatefulObject object;
    private final List<Operation> state;
    private final byte @Nullable [] userData;
    private final byte[] dataBytes;
    private long timeoutMillis;
    private long expires;

    /** Creates an element; the catch-all has an empty key. */
    public StoredElement(
            byte[] key,
            byte @Nullable [] keyEnd,
            int flags,
            @Nullable Data data,
            @Nullable CodeChain target,
            @Nullable StatefulObject object,
            List<Operation> state,
            byte @Nullable [] userData) {
        this.key = key;
        this.keyEnd = keyEnd;
        this.flags = flags;
        this.data = data;
        this.target = target;
        this.object = object;
        this.state = List.copyOf(state);
        this.userData = userData;
        this.dataBytes = data instanceof Constant constant ? constant.toArray() : NOTHING;
    }

    /** Sets its lifetime and what is left of it, in milliseconds; 0 for an unlimited one. */
    public void lifetime(long timeout, long left, long now) {
        timeoutMillis = timeout;
        expires = now + left * NANOS;
    }

    /** Sets its lifetime in milliseconds, and when it ends. */
    public void lifetime(long timeout, long end) {
        timeoutMillis = timeout;
        expires = end;
    }

    /** When its lifetime ends, in nanoseconds of the clock. */
    public long expires() {
        return expires;
    }

    /** Whether its lifetime is over. */
    public boolean expired(long now) {
        return timeoutMillis != 0 && now - expires >= 0;
    }

    /** Its lifetime in milliseconds; 0 for an unlimited one. */
    public long timeoutMillis() {
        return timeoutMillis;
    }

    /** What is left of its lifetime. */
    public long leftMillis(long now) {
        return Math.max(0, (expires - now) / NANOS);
    }

    public byte[] key() {
        return key;
    }

    public byte @Nullable [] keyEnd() {
        return keyEnd;
    }

    public int flags() {
        return flags;
    }

    public @Nullable Data data() {
        return data;
    }

    public @Nullable CodeChain target() {
        return target;
    }

    public @Nullable StatefulObject object() {
        return object;
    }

    public List<Operation> state() {
        return state;
    }

    public byte @Nullable [] userData() {
        return userData;
    }

    /** Copies the data to a register. */
    public void load(Frame frame, int register) {
        if (data instanceof Verdict verdict) {
            frame.verdict = verdict.code();
            frame.target = target;
        } else {
            frame.registers.store(Registers16.offset(register), dataBytes, 0, dataBytes.length);
        }
    }

    /** Executes its state. */
    public void update(Frame frame) {
        for (Operation operation : state) {
            operation.run(frame);
            if (frame.verdict != Verdict.NFT_CONTINUE) {
                return;
            }
        }
    }
}
