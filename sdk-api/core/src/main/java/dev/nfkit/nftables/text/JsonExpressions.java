// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Prints expressions, sets and maps as JSON, as nft does. */
final class JsonExpressions {
    private final JsonValues values;
    private final JsonSelectors selectors = new JsonSelectors(this::expression);

    JsonExpressions(Host host) {
        this.values = new JsonValues(host);
    }

    JsonValues values() {
        return values;
    }

    String expression(Expression expression) {
        if (expression instanceof Selector selector) {
            return selectors.selector(selector);
        } else if (expression instanceof BinaryExpression binary) {
            return BitOperations.canonical(binary) instanceof BinaryExpression operation
                    ? operation(operation)
                    : expression(BitOperations.canonical(binary));
        } else if (expression instanceof Concatenation concatenation) {
            return Json.object(
                    "concat",
                    Json.array(
                            concatenation.parts().stream().map(this::expression).toList()));
        } else if (expression instanceof MapLookup lookup) {
            return Json.object("map", Json.object("key", expression(lookup.key()), "data", set(lookup.map())));
        } else if (expression instanceof SetReference || expression instanceof SetLiteral) {
            return set(expression);
        }
        return values.value(expression);
    }

    private String operation(BinaryExpression binary) {
        return Json.object(binary.operator().symbol(), Json.array(operand(binary.left()), operand(binary.right())));
    }

    private String operand(Expression operand) {
        return operand instanceof BinaryExpression inner ? operation(inner) : expression(operand);
    }

    /** A set or map, or the reference to one. */
    String set(Expression set) {
        return set instanceof SetReference reference
                ? Json.string("@" + reference.name())
                : Json.object(
                        "set",
                        Json.array(SetOrder.sorted(((SetLiteral) set).elements()).stream()
                                .map(this::element)
                                .toList()));
    }

    /** An element of a set or map. */
    String element(SetElement element) {
        String key = values.value(ExpressionPrinter.shortest(element.key()));
        boolean plain = element.timeout().isEmpty()
                && element.expires().isEmpty()
                && element.comment().isEmpty()
                && element.state().isEmpty();
        String whole = plain ? key : Json.object("elem", properties(element, key));
        return element.data()
                .map(data -> Json.array(whole, values.value(ExpressionPrinter.shortest(data))))
                .orElse(whole);
    }

    private static String properties(SetElement element, String key) {
        List<String> members = new ArrayList<>(List.of(
                "val",
                key,
                "timeout",
                element.timeout().map(JsonExpressions::seconds).orElse(""),
                "expires",
                element.expires().map(JsonExpressions::seconds).orElse(""),
                "comment",
                element.comment().map(Json::string).orElse("")));
        for (Stateful state : element.state()) {
            members.addAll(JsonStateful.member((Statement) state));
        }
        return Json.object(members.toArray(String[]::new));
    }

    static String seconds(Duration duration) {
        return Long.toString(duration.toSeconds());
    }
}
