// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.util.List;

/** The types and sizes of expressions. */
final class Types {
    private static final int NAME_BITS = 128;

    private Types() {}

    static List<DataType> of(Expression key) {
        return Operands.parts(key).stream().map(Types::single).toList();
    }

    private static DataType single(Expression expression) {
        if (expression instanceof Selector selector) {
            return selector.type();
        } else if (expression instanceof BinaryExpression binary) {
            return single(binary.left());
        } else if (expression instanceof Constant constant) {
            return constant.type();
        } else if (expression instanceof Text text) {
            return text.type();
        }
        throw new InvalidRuleException("cannot be the key of a set: " + expression);
    }

    static int bits(Expression expression) {
        if (expression instanceof Selector selector) {
            return selector.bits();
        } else if (expression instanceof BinaryExpression binary) {
            return bits(binary.left());
        } else if (expression instanceof Constant constant) {
            return constant.bits();
        } else if (expression instanceof Text) {
            return NAME_BITS;
        } else if (expression instanceof MapLookup lookup) {
            return bits(lookup.key());
        }
        throw new InvalidRuleException("has no size: " + expression);
    }
}
