// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.KernelRefusedException;
import org.jspecify.annotations.Nullable;

/** A request that was sent and, once the kernel has answered, its outcome. */
public final class Request {
    private final String what;
    private final long sequence;
    private volatile boolean answered;
    private volatile @Nullable KernelRefusedException refusal;

    Request(String what, long sequence) {
        this.what = what;
        this.sequence = sequence;
    }

    /**
     * The description of the request.
     *
     * @return the request in words, for errors
     */
    public String what() {
        return what;
    }

    long sequence() {
        return sequence;
    }

    /**
     * Whether the kernel has answered.
     *
     * @return whether there is an outcome
     */
    public boolean answered() {
        return answered;
    }

    /**
     * The kernel's refusal.
     *
     * @return the refusal, or null if it accepted or has not answered
     */
    public @Nullable KernelRefusedException refusal() {
        return refusal;
    }

    void answer(@Nullable KernelRefusedException refusal) {
        this.refusal = refusal;
        this.answered = true;
    }

    /** Throws the kernel's refusal, if there is one. */
    void check() throws KernelRefusedException {
        KernelRefusedException reason = refusal;
        if (reason != null) {
            throw reason;
        }
    }
}
