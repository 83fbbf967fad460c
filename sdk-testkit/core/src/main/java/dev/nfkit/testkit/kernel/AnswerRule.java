// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Errno;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the kernel does with matching requests, in place of the models or after them. Requires the clock's lock. */
public final class AnswerRule {
    private final Predicate<ParsedMessage> matcher;
    private final List<BiConsumer<ParsedMessage, MessageWriter>> replies = new ArrayList<>();
    private @Nullable Errno errno;
    private @Nullable String text;
    private boolean silent;
    private boolean carriedOut;
    private int left = Integer.MAX_VALUE;
    private int used;

    public AnswerRule(Predicate<ParsedMessage> matcher) {
        this.matcher = matcher;
    }

    /** Answers with a datagram, before the acknowledgement. */
    public void reply(BiConsumer<ParsedMessage, MessageWriter> reply) {
        replies.add(reply);
    }

    /** Refuses requests, with a text for sockets with EXT_ACK. */
    public void refuse(Errno errno, @Nullable String text) {
        this.errno = errno;
        this.text = text;
    }

    /** Lets the model execute the request before this rule answers. */
    public void carriedOut() {
        this.carriedOut = true;
    }

    /** Sends no acknowledgement. */
    public void withoutAcknowledgement() {
        this.silent = true;
    }

    /** Limits the number of requests to which the rule applies. */
    public void times(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count " + count + " is less than 1");
        }
        this.left = count;
    }

    boolean takes(ParsedMessage request) {
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

    List<BiConsumer<ParsedMessage, MessageWriter>> replies() {
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
