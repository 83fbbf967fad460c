package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a fake kernel does with requests that match, made by {@link FakeNetfilter#onRequest}. It holds for every such
 * request unless {@link #times} bounds it. Set it up before the request is sent.
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
     * Answers with a datagram, before the acknowledgement, if one was asked for.
     *
     * @param reply writes the whole datagram; the request's sequence number and port id are its to copy
     * @return this rule
     */
    public RequestRule reply(BiConsumer<SentMessage, MessageWriter> reply) {
        replies.add(reply);
        return this;
    }

    /**
     * Refuses.
     *
     * @param errno the kernel's error
     * @return this rule
     */
    public RequestRule refuse(Errno errno) {
        this.errno = errno;
        return this;
    }

    /**
     * Refuses with the kernel's own words, which a socket gets that has set EXT_ACK.
     *
     * @param errno the kernel's error
     * @param text the words
     * @return this rule
     */
    public RequestRule refuse(Errno errno, String text) {
        this.errno = errno;
        this.text = text;
        return this;
    }

    /**
     * Has the model do what is asked, before this rule answers. Without this the rule answers instead of the model. A request
     * that the model refuses is refused as the model says.
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
     * Sends no acknowledgement, even if one was asked for.
     *
     * @return this rule
     */
    public RequestRule withoutAcknowledgement() {
        this.silent = true;
        return this;
    }

    /**
     * Bounds how many requests the rule is for.
     *
     * @param count 1 and more
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
