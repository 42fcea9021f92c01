package org.fulmar.appservers.load.app;

import jakarta.annotation.Resource;
import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import javax.sql.DataSource;

/**
 * Writes the number of each message into the ledger, in the transaction of its delivery. What is there already is written
 * into another table, in that transaction too, so that it is known in the end and does not come for ever.
 */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = LedgerBean.QUEUE),
            @ActivationConfigProperty(propertyName = "maxSessions", propertyValue = LedgerBean.SESSIONS)
        })
public class LedgerBean implements MessageListener {
    public static final String QUEUE = "orders";
    public static final String SESSIONS = "20";
    public static final String NUMBER = "number";

    /** System property: where the progress is. */
    public static final String PROGRESS = "load.progress";

    private static final Progress COUNTS = Progress.of(Path.of(System.getProperty(PROGRESS)));

    private static final Synchronization COUNTING = new Synchronization() {
        @Override
        public void beforeCompletion() {}

        @Override
        public void afterCompletion(int status) {
            COUNTS.count(status == Status.STATUS_COMMITTED ? Progress.COMMITTED : Progress.NOT_COMMITTED);
        }
    };

    @Resource(lookup = "java:/load/Ledger")
    private DataSource ledger;

    @Resource
    private TransactionSynchronizationRegistry transaction;

    @Override
    public void onMessage(Message message) {
        transaction.registerInterposedSynchronization(COUNTING);
        try (Connection connection = ledger.getConnection()) {
            write(connection, message);
        } catch (SQLException | JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void write(Connection connection, Message message) throws SQLException, JMSException {
        int number = message.getIntProperty(NUMBER);
        try (PreparedStatement insert = connection.prepareStatement("insert into app.ledger values (?)")) {
            insert.setInt(1, number);
            insert.executeUpdate();
        } catch (SQLIntegrityConstraintViolationException e) {
            COUNTS.count(Progress.TWICE);
            try (PreparedStatement insert = connection.prepareStatement("insert into app.twice values (?, ?, ?)")) {
                insert.setInt(1, number);
                insert.setString(2, message.getJMSMessageID());
                insert.setInt(3, message.getIntProperty("JMSXDeliveryCount"));
                insert.executeUpdate();
            }
        }
    }
}
