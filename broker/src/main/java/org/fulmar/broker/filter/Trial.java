package org.fulmar.broker.filter;

import org.fulmar.protocol.message.MessageRecord;
import org.slf4j.Logger;

/**
 * A condition that is tried on one message after the other, within a number of steps for each: a message over which it would
 * take more does not match, which is said in the log once. Keeps what it reads in place, so only one thread may use it at a
 * time.
 */
final class Trial {
    private final Condition condition;
    private final Values values;
    private final Evaluation evaluation;
    private final int maxSteps;
    private final Logger log;
    private final String what;
    private final String advice;
    private boolean warned;

    /**
     * @param maxSteps the most steps over one message; see {@link Evaluation}
     * @param what the text is called where it takes too many steps
     * @param advice what to do about that
     */
    Trial(Condition condition, Values values, int maxSteps, Logger log, String what, String advice) {
        this.condition = condition;
        this.values = values;
        this.evaluation = new Evaluation(values);
        this.maxSteps = maxSteps;
        this.log = log;
        this.what = what;
        this.advice = advice;
    }

    boolean matches(MessageRecord message) {
        values.open(message);
        try {
            evaluation.begin(maxSteps);
            Truth truth = condition.test(evaluation);
            if (evaluation.exhausted()) {
                warn(message);
                return false;
            }
            return truth == Truth.TRUE;
        } finally {
            values.close();
        }
    }

    /** The steps that {@link #matches} took last. */
    int steps() {
        return evaluation.taken(maxSteps);
    }

    private void warn(MessageRecord message) {
        if (!warned) {
            warned = true;
            log.warn(
                    "{} takes more than {} steps over message {} of {}, which therefore does not match it, nor will others"
                            + " like it; {}",
                    what,
                    maxSteps,
                    message.queueOffset(),
                    message.topic(),
                    advice);
        }
    }
}
