// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

import java.util.Optional;

/** Comparisons of two numbers. */
enum Comparison {
    LESS("<"),
    AT_MOST("<="),
    MORE(">"),
    AT_LEAST(">="),
    EQUAL("="),
    OTHER("!=");

    private final String sign;

    Comparison(String sign) {
        this.sign = sign;
    }

    static Optional<Comparison> of(String sign) {
        String one = sign.equals("==") ? "=" : sign;
        for (Comparison comparison : values()) {
            if (comparison.sign.equals(one)) {
                return Optional.of(comparison);
            }
        }
        return Optional.empty();
    }

    boolean holds(long left, long right) {
        return switch (this) {
            case LESS -> left < right;
            case AT_MOST -> left <= right;
            case MORE -> left > right;
            case AT_LEAST -> left >= right;
            case EQUAL -> left == right;
            case OTHER -> left != right;
        };
    }

    @Override
    public String toString() {
        return sign;
    }
}
