// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

/**
 * The numbers of a session's packets by the origin of their verdict, as far as deciders are concerned. Changed by the
 * polling thread and, under the session's lock, by the thread that ends the session; any thread may read them.
 */
final class DecisionCounts {
    private long decided;
    private long failed;
    private long forgotten;
    private long unread;
    private long outlived;
    /** The number of decided packets whose verdicts were certainly sent. */
    private long sent;

    void addDecided() {
        decided++;
    }

    void addFailed() {
        failed++;
    }

    void addForgotten() {
        forgotten++;
    }

    void addUnread() {
        unread++;
    }

    void addOutlived() {
        outlived++;
    }

    /** The verdicts of all decided packets were sent. */
    void markSent() {
        sent = decided;
    }

    /** Verdicts that were not sent are dropped: the kernel drops their packets with the socket. */
    void markDropped() {
        outlived += decided - sent;
        decided = sent;
    }

    /** Packets whose decider returned their verdict. */
    long decided() {
        return decided;
    }

    /** Packets whose decider threw. */
    long failed() {
        return failed;
    }

    /** Packets whose decider returned no verdict and did not hold them. */
    long forgotten() {
        return forgotten;
    }

    /** Packets that could not be read. */
    long unread() {
        return unread;
    }

    /** Packets whose session ended during their decider, or before their verdict was sent. */
    long outlived() {
        return outlived;
    }
}
