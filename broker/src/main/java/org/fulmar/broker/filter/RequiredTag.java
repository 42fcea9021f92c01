package org.fulmar.broker.filter;

import java.util.OptionalLong;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.jspecify.annotations.Nullable;

/** Finds the JMSType that a condition demands, as the tag hash that the index has of every such message. Stateless. */
final class RequiredTag {
    private RequiredTag() {}

    static OptionalLong hash(Condition condition) {
        if (condition instanceof Condition.All all) {
            for (Condition part : all.conditions()) {
                OptionalLong found = hash(part);
                if (found.isPresent()) {
                    return found;
                }
            }
            return OptionalLong.empty();
        }
        String type = requiredType(condition);
        return type != null && JmsNames.isTag(type)
                ? OptionalLong.of(MessageProperties.tagHash(type))
                : OptionalLong.empty();
    }

    private static @Nullable String requiredType(Condition condition) {
        if (condition instanceof Condition.Comparison comparison && comparison.relation() == Relation.EQ) {
            String type = requiredType(comparison.left(), comparison.right());
            return type != null ? type : requiredType(comparison.right(), comparison.left());
        }
        if (condition instanceof Condition.In in && isType(in.operand()) && !in.negated()) {
            return in.strings().size() == 1 ? in.strings().iterator().next() : null;
        }
        return null;
    }

    private static @Nullable String requiredType(Operand identifier, Operand literal) {
        return isType(identifier)
                        && literal instanceof Operand.Constant constant
                        && constant.value() instanceof String type
                ? type
                : null;
    }

    private static boolean isType(Operand operand) {
        return operand instanceof Operand.Identifier identifier && identifier.slot() == Header.TYPE.ordinal();
    }
}
