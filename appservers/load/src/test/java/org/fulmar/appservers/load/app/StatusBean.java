package org.fulmar.appservers.load.app;

import jakarta.annotation.Resource;
import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.StringJoiner;
import javax.sql.DataSource;

/** Answers questions to the database, which are in its language, with the first column of all rows, a line each. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = StatusBean.QUEUE),
            @ActivationConfigProperty(propertyName = "maxSessions", propertyValue = "1")
        })
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class StatusBean implements MessageListener {
    public static final String QUEUE = "questions";

    @Resource(lookup = "java:/load/Ledger")
    private DataSource ledger;

    @Resource(lookup = "java:/fulmar/ConnectionFactory")
    private ConnectionFactory factory;

    @Override
    public void onMessage(Message message) {
        try (JMSContext context = factory.createContext()) {
            String answer = answer(message.getBody(String.class));
            context.createProducer()
                    .setJMSCorrelationID(message.getJMSMessageID())
                    .send(message.getJMSReplyTo(), answer);
        } catch (SQLException | JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    private String answer(String question) throws SQLException {
        StringJoiner answer = new StringJoiner("\n");
        try (Connection connection = ledger.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(question)) {
            while (rows.next()) {
                answer.add(rows.getString(1));
            }
        }
        return answer.toString();
    }
}
