"""What people say of answers becomes data, a successor, and the model that serves: feedback, trials, promotion."""
