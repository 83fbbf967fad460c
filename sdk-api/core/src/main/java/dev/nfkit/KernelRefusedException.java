// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kernel answered a request with an error ({@code NLMSG_ERROR} with a negative errno). A refused batch of nftables is
 * a {@link BatchRefusedException}, or a {@link GenerationMovedException} if the ruleset changed in between.
 *
 * <p>Follows {@code netlink_ack} in {@code net/netlink/af_netlink.c} for the extended acknowledgement.
 */
public sealed class KernelRefusedException extends NetlinkException
        permits BatchRefusedException, GenerationMovedException {
    private static final long serialVersionUID = 1L;

    private final String request;
    private final Errno errno;
    private final @Nullable String kernelText;
    private final int offset;
    private final Refusal refusal;
    private final @Nullable String cure;

    /**
     * Describes a refused request.
     *
     * @param request what was asked, such as {@code bind NFLOG group 5}
     * @param errno the kernel's error number
     * @param kernelText the text of the extended acknowledgement, or null if the kernel gave none
     * @param offset the offset of the offending attribute from the start of the request, in bytes, or −1 if unknown
     * @param refusal the cause, as far as it could be determined
     * @param cure a sentence on cause and cure, or null if none is known
     */
    public KernelRefusedException(
            String request,
            Errno errno,
            @Nullable String kernelText,
            int offset,
            Refusal refusal,
            @Nullable String cure) {
        super(describe(request, errno, kernelText, offset, cure));
        this.request = request;
        this.errno = errno;
        this.kernelText = kernelText == null ? null : PrintableText.of(kernelText);
        this.offset = offset;
        this.refusal = refusal;
        this.cure = cure == null ? null : PrintableText.of(cure);
    }

    private static String describe(
            String request, Errno errno, @Nullable String kernelText, int offset, @Nullable String cure) {
        StringBuilder text = new StringBuilder(request).append(": ").append(errno);
        if (kernelText != null) {
            text.append(": ").append(kernelText);
        }
        if (offset >= 0) {
            text.append(" (at byte ").append(offset).append(" of the request)");
        }
        if (cure != null) {
            text.append(": ").append(cure);
        }
        return text.toString();
    }

    /**
     * What was asked.
     *
     * @return the request in words, such as {@code bind NFLOG group 5}
     */
    public String request() {
        return request;
    }

    /**
     * The kernel's error number.
     *
     * @return the error number, positive
     */
    public Errno errno() {
        return errno;
    }

    /**
     * The kernel's own text, from the extended acknowledgement ({@code NLMSGERR_ATTR_MSG}).
     *
     * @return the text, or empty if the kernel gave none
     */
    public Optional<String> kernelText() {
        return Optional.ofNullable(kernelText);
    }

    /**
     * The position of the offending attribute in the request ({@code NLMSGERR_ATTR_OFFS}).
     *
     * @return the offset in bytes from the start of the request's message, or −1 if the kernel did not report it
     */
    public int offset() {
        return offset;
    }

    /**
     * The cause, as far as it could be determined.
     *
     * @return the cause; {@link Refusal#UNKNOWN} if nothing beyond the errno is known
     */
    public Refusal refusal() {
        return refusal;
    }

    /**
     * The code of the cause.
     *
     * @return as {@link Refusal#code()} of {@link #refusal()}
     */
    @Override
    public ErrorCode code() {
        return refusal.code();
    }

    /**
     * Cause and cure in one sentence.
     *
     * @return the sentence, or empty if none is known
     */
    public Optional<String> cure() {
        return Optional.ofNullable(cure);
    }

    /**
     * The same refusal with its cause and cure.
     *
     * @param refusal the cause
     * @param cure cause and cure in one sentence
     * @return a new exception; this one is its cause
     */
    public KernelRefusedException explained(Refusal refusal, String cure) {
        KernelRefusedException explained =
                new KernelRefusedException(request, errno, kernelText, offset, refusal, cure);
        explained.initCause(this);
        return explained;
    }
}
