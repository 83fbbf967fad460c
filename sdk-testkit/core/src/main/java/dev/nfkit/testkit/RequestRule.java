// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.testkit.kernel.AnswerRule;
import dev.nfkit.wire.MessageWriter;
import java.util.function.BiConsumer;

/**
 * Determines what a fake kernel does with matching requests. Created by {@link FakeNetfilter#onRequest}. Applies to
 * every matching request unless {@link #times} sets a limit. Set it up before the request is sent.
 */
public final class RequestRule {
    private final AnswerRule rule;

    RequestRule(AnswerRule rule) {
        this.rule = rule;
    }

    /**
     * Answers with a datagram, before the acknowledgement, if one was requested.
     *
     * @param reply writes the whole datagram, including the request's sequence number and port id
     * @return this rule
     */
    public RequestRule reply(BiConsumer<SentMessage, MessageWriter> reply) {
        rule.reply((request, writer) -> reply.accept(new SentMessage(request), writer));
        return this;
    }

    /**
     * Refuses requests.
     *
     * @param errno the kernel's error
     * @return this rule
     */
    public RequestRule refuse(Errno errno) {
        rule.refuse(errno, null);
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
        rule.refuse(errno, text);
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
        rule.carriedOut();
        return this;
    }

    /**
     * Sends no acknowledgement, even if one was requested.
     *
     * @return this rule
     */
    public RequestRule withoutAcknowledgement() {
        rule.withoutAcknowledgement();
        return this;
    }

    /**
     * Limits the number of requests to which the rule applies.
     *
     * @param count at least 1
     * @return this rule
     */
    public RequestRule times(int count) {
        rule.times(count);
        return this;
    }
}
