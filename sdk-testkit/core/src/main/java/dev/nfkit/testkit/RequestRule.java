package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Determines what a fake kernel does with matching requests. Created by {@link FakeNetfilter#onRequest}. Applies to
 * every matching request unless {@link #times} sets a limit. Set it up before the request is sent.
 */
public final class RequestRule {
    private final Predicate<SentMessage> matcher;
    private final List<BiConsumer<SentMessage, MessageWriter>> replies = new ArrayList<>();
    private @Nullable Errno errno;
    private @Nullable String text;
    private boolean silent;
    private boolean carriedOut;
    private int left = Integer.MAX_VALUE;
    private int used;

    RequestRule(Predicate<SentMessage> matcher) {
        this.matcher = matcher;
    }

    /**
     * Answers with a datagram, before the acknowledgement, if one was requested.
     *
     * @param reply writes the whole datagram, including the request's sequence number and port id
     * @return this rule
     */
    public RequestRule reply(BiConsumer<SentMessage, MessageWriter> reply) {
        replies.add(reply);
        return this;
    }

    /**
     * Refuses requests.
     *
     * @param errno the kernel's error
     * @return this rule
     */
    public RequestRule refuse(Errno errno) {
        this.errno = errno;
        return this;
    }

    /**
     * Refuses requests with a text, which sockets with EXT_ACK receive.
     *
     * @param errno the kernel's error
     * @param text the kernel's text
     * @return this rule
     */
    public RequestRule refuse(Errno errno, String text) {
        this.errno = errno;
        this.text = text;
        return this;
    }

    /**
     * Lets the model execute the request before this rule answers. Without this, the rule answers instead of the model.
     * If the model refuses a request, its refusal is the answer.
     *
     * <pre>{@code
     * // the next change of a queue is made, and its acknowledgement is lost
     * kernel.onRequest(request -> request.type() == NfqueueConfig.NFQNL_MSG_CONFIG)
     *         .carriedOut()
     *         .withoutAcknowledgement()
     *         .times(1);
     * }</pre>
     *
     * @return this rule
     */
    public RequestRule carriedOut() {
        this.carriedOut = true;
        return this;
    }

    /**
     * Sends no acknowledgement, even if one was requested.
     *
     * @return this rule
     */
    public RequestRule withoutAcknowledgement() {
        this.silent = true;
        return this;
    }

    /**
     * Limits the number of requests to which the rule applies.
     *
     * @param count at least 1
     * @return this rule
     */
    public RequestRule times(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count " + count + " is less than 1");
        }
        this.left = count;
        return this;
    }

    boolean takes(SentMessage request) {
        if (left == 0 || !matcher.test(request)) {
            return false;
        }
        left--;
        used++;
        return true;
    }

    boolean unused() {
        return used == 0;
    }

    List<BiConsumer<SentMessage, MessageWriter>> replies() {
        return replies;
    }

    @Nullable
    Errno errno() {
        return errno;
    }

    @Nullable
    String text() {
        return text;
    }

    boolean silent() {
        return silent;
    }

    boolean isCarriedOut() {
        return carriedOut;
    }
}
