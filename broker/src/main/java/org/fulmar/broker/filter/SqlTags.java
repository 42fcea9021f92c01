package org.fulmar.broker.filter;

import java.util.HashSet;
import java.util.Set;
import org.fulmar.protocol.message.MessageProperties;

/** Finds the tags of which a filter demands one, as the hashes that the index has of every such message. Stateless. */
final class SqlTags {
    private static final int MOST = 1000;

    private SqlTags() {}

    /** Empty if messages of any tag can match. */
    static Set<Integer> demanded(Condition condition, int tags) {
        if (condition instanceof Condition.All all) {
            for (Condition part : all.conditions()) {
                Set<Integer> found = demanded(part, tags);
                if (!found.isEmpty()) {
                    return found;
                }
            }
            return Set.of();
        }
        if (condition instanceof Condition.Any any) {
            Set<Integer> found = new HashSet<>();
            for (Condition part : any.conditions()) {
                Set<Integer> one = demanded(part, tags);
                if (one.isEmpty() || found.size() + one.size() > MOST) {
                    return Set.of();
                }
                found.addAll(one);
            }
            return found;
        }
        Set<Integer> found = new HashSet<>();
        if (condition instanceof Condition.In in && !in.negated() && is(in.operand(), tags)) {
            in.strings().forEach(tag -> found.add(hash(tag)));
        }
        if (condition instanceof SqlCondition.Comparison equal && equal.relation() == Relation.EQ) {
            Operand other = is(equal.left(), tags) ? equal.right() : equal.left();
            boolean named = is(equal.left(), tags) || is(equal.right(), tags);
            if (named && other instanceof Operand.Constant constant && constant.value() instanceof String tag) {
                found.add(hash(tag));
            }
        }
        return found.size() > MOST ? Set.of() : found;
    }

    private static boolean is(Operand operand, int tags) {
        return operand instanceof Operand.Identifier identifier && identifier.slot() == tags;
    }

    private static int hash(String tag) {
        return (int) MessageProperties.tagHash(tag);
    }
}
